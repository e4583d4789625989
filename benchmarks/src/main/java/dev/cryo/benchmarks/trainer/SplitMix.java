package dev.cryo.benchmarks.trainer;

/**
 * The SplitMix64 generator (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014): one long of
 * state, the same sequence on every machine. Not safe for use by several threads.
 */
final class SplitMix {
    private long state;

    SplitMix(long seed) {
        state = seed;
    }

    long nextLong() {
        state += 0x9e3779b97f4a7c15L;
        long z = state;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /** Uniform in [-bound, bound), in steps of 2^-23 of the bound. */
    float nextFloat(float bound) {
        return ((nextLong() >>> 40) * 0x1p-23f - 1.0f) * bound;
    }

    /** Permutes the array by Fisher and Yates; the bias of the remainder is below 2^-50 for the sizes used here. */
    void shuffle(int[] values) {
        for (int i = values.length - 1; i > 0; i--) {
            int j = (int) Long.remainderUnsigned(nextLong(), i + 1L);
            int swapped = values[i];
            values[i] = values[j];
            values[j] = swapped;
        }
    }
}
