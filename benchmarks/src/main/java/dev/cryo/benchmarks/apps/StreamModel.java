package dev.cryo.benchmarks.apps;

import java.util.Arrays;

/** What one stream's buffers hold, computed on the CPU: the kernels of streams.cu and the copies between them. */
final class StreamModel {
    final int[] a;
    final int[] b;
    final int[] totals = new int[2];

    StreamModel(int count) {
        a = new int[count];
        b = new int[count];
    }

    void mixA(int salt) {
        for (int i = 0; i < a.length; i++) {
            a[i] = (a[i] ^ salt) * 1664525 + 1013904223;
        }
    }

    void rotateAddToB(int shift) {
        for (int i = 0; i < b.length; i++) {
            b[i] += a[(i + shift) % a.length] + i;
        }
    }

    void totalsOfB() {
        for (int value : b) {
            totals[0] += value;
            totals[1] ^= value;
        }
    }

    void copyBToA(int from, int count) {
        System.arraycopy(b, from, a, from, count);
    }

    void fillA(int from, int count, int value) {
        Arrays.fill(a, from, from + count, value);
    }

    void uploadA(int from, int count, int seed) {
        for (int i = 0; i < count; i++) {
            a[from + i] = uploaded(seed, i);
        }
    }

    /** What the host writes at an index of its page-locked buffer before an upload. */
    static int uploaded(int seed, int index) {
        return seed * 31 + index * index;
    }
}
