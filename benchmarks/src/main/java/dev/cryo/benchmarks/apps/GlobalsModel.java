package dev.cryo.benchmarks.apps;

/** What the kernels of globals.cu do, computed on the CPU. */
final class GlobalsModel {
    static final int COLUMNS = 256;
    private static final int[] FACTORS = {1, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53};

    /** The module's variables, as they are when it is loaded. */
    final int[] table = new int[COLUMNS];
    final int[] counter = {7};

    void advance(int step) {
        for (int i = 0; i < COLUMNS; i++) {
            table[i] = table[i] * FACTORS[i % FACTORS.length] + counter[0] + i;
        }
        counter[0] += step;
    }

    static void mixHost(int[] host, int salt) {
        for (int i = 0; i < host.length; i++) {
            host[i] = host[i] * 31 + (salt ^ i);
        }
    }

    static void addPitched(int[] rectangle, int width, int value) {
        for (int i = 0; i < rectangle.length; i++) {
            rectangle[i] += value + i / width * width + i % width;
        }
    }
}
