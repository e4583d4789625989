package dev.cryo.benchmarks.unified;

/**
 * What a task computes, in plain Java: {@code result = matrix (vector * scale)}, after which the next vector is made of
 * the result. The matrix is a function of its index; the values of vectors lie between -1 and 1.
 */
final class Product {
    private static final long ROW_OF_SEEDS = 0x9e3779b97f4a7c15L;

    private final long seed;
    private final double[] vector;
    private final double[] result;

    Product(long seed, int size) {
        this.seed = seed;
        vector = new double[size];
        result = new double[size];
        for (int i = 0; i < size; i++) {
            vector[i] = number(~seed, i);
        }
    }

    int size() {
        return vector.length;
    }

    /** The vector before the next round. */
    double[] vector() {
        return vector;
    }

    /** The result of the round before. */
    double[] result() {
        return result;
    }

    /** An element of the matrix, which lies column by column. */
    double matrix(int index) {
        return number(seed, index);
    }

    /** A factor that belongs to a column. */
    static double scale(int column) {
        return number(-1, column);
    }

    /** What becomes of a result in the next vector. */
    static double squashed(double value) {
        return value / (1.0 + Math.abs(value));
    }

    void round() {
        int size = size();
        for (int row = 0; row < size; row++) {
            result[row] = 0;
        }
        for (int column = 0; column < size; column++) {
            double factor = vector[column] * scale(column);
            for (int row = 0; row < size; row++) {
                result[row] = Math.fma(matrix(column * size + row), factor, result[row]);
            }
        }
        for (int row = 0; row < size; row++) {
            vector[row] = squashed(result[row]);
        }
    }

    /** From -1 to 1, by the output function of SplitMix64 (Steele, Lea, Flood 2014). */
    private static double number(long seed, int index) {
        long z = seed + index * ROW_OF_SEEDS;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return ((z ^ (z >>> 31)) >> 11) * 0x1p-52;
    }
}
