package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static dev.cryo.benchmarks.apps.Gpu.of;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUstream;

/** A list of nodes in unified memory, linked across it by pointers that the host has written and the device follows. */
final class UnifiedList {
    private static final int NODES = 600;
    /** A pointer, a value, padding. */
    private static final int NODE_BYTES = 16;
    /** So far apart that nodes lie in different pages. */
    private static final int STRIDE = 1040;

    private final CUdeviceptr memory;
    private final CUdeviceptr sum;
    private final ByteBuffer nodes;
    private final int[] expected = new int[NODES];
    private final CUfunction walk;
    private final CUstream stream;

    UnifiedList(CUfunction walk, CUstream stream) {
        this.walk = walk;
        this.stream = stream;
        memory = Gpu.allocateManaged((long) NODES * STRIDE, stream);
        sum = Gpu.allocateManaged(Integer.BYTES, stream);
        nodes = memory.getByteBuffer(0, (long) NODES * STRIDE).order(ByteOrder.LITTLE_ENDIAN);
        long base = Gpu.address(memory);
        for (int i = 0; i < NODES; i++) {
            nodes.putLong(i * STRIDE, i + 1 < NODES ? base + (i + 1L) * STRIDE : 0);
            nodes.putInt(i * STRIDE + Long.BYTES, i);
            nodes.putInt(i * STRIDE + NODE_BYTES - Integer.BYTES, 0);
            expected[i] = i;
        }
    }

    /** Lets the device walk and change it, then the host. */
    void step(int salt) {
        Gpu.launch(walk, 1, stream, Pointer.to(memory), of(salt), Pointer.to(sum));
        check(cuStreamSynchronize(stream));
        int total = 0;
        for (int i = 0; i < NODES; i++) {
            total += expected[i];
            expected[i] += salt;
        }
        int actual = sum.getByteBuffer(0, Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).getInt(0);
        Program.check(actual == total, "the sum of a list is " + actual + ", expected " + total);
        for (int i = salt & 15; i < NODES; i += 16) {
            int value = nodes.getInt(i * STRIDE + Long.BYTES);
            Program.check(value == expected[i], "node " + i + " has " + value + ", expected " + expected[i]);
            expected[i] = value ^ salt;
            nodes.putInt(i * STRIDE + Long.BYTES, expected[i]);
        }
    }

    void end(Digest digest) {
        digest.add(expected);
        check(cuMemFree(memory));
        check(cuMemFree(sum));
    }
}
