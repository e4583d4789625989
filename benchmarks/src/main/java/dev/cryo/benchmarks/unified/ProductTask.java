package dev.cryo.benchmarks.unified;

import java.nio.DoubleBuffer;
import jcuda.driver.CUmemAttach_flags;
import org.jspecify.annotations.Nullable;

/**
 * A product that is repeated round by round, in unified memory: a small one by the host, a large one by the device and
 * every fourth round by the host. Used by one thread at a time.
 */
final class ProductTask {
    private static final int HOST_ROUNDS = 4;

    private final int id;
    private final int size;
    private final boolean large;
    private final boolean verified;
    private final Product product;
    private int round;
    private @Nullable Memory memory;

    private record Memory(ManagedDoubles matrix, ManagedDoubles vector, ManagedDoubles result) {
        static Memory of(int size) {
            return new Memory(allocate(size * size), allocate(size), allocate(size));
        }

        /** For the host alone at first: it writes while other tasks' work runs. */
        private static ManagedDoubles allocate(int count) {
            return ManagedDoubles.allocate(count, CUmemAttach_flags.CU_MEM_ATTACH_HOST);
        }

        void free() {
            matrix.free();
            vector.free();
            result.free();
        }
    }

    ProductTask(int id, Product product, boolean large, boolean verified) {
        this.id = id;
        this.product = product;
        this.large = large;
        this.verified = verified;
        size = product.size();
    }

    /** Does one round and compares it; {@code scale} is a copy of the device's that the host may read at any time. */
    String round(Lane lane, double[] scale) {
        Memory at = memory == null ? prepare() : memory;
        boolean onDevice = large && (id + ++round) % HOST_ROUNDS != 0;
        if (onDevice) {
            lane.onDevice(at.matrix, at.vector, at.result);
        } else {
            lane.toHost(at.matrix, at.vector, at.result);
            multiply(at.matrix.values(), at.vector.values(), scale, at.result.values());
        }
        for (int row = 0; row < size; row++) {
            at.vector.values().put(row, Product.squashed(at.result.values().get(row)));
        }
        if (verified) {
            product.round();
            verify("result", product.result(), at.result.values());
            verify("vector", product.vector(), at.vector.values());
        }
        return String.format("task %d of size %d on the %s", id, size, onDevice ? "device" : "host");
    }

    private Memory prepare() {
        Memory fresh = Memory.of(size);
        for (int i = 0; i < size * size; i++) {
            fresh.matrix.values().put(i, product.matrix(i));
        }
        fresh.vector.values().put(0, product.vector());
        memory = fresh;
        return fresh;
    }

    private static void multiply(DoubleBuffer matrix, DoubleBuffer vector, double[] scale, DoubleBuffer result) {
        int size = vector.capacity();
        for (int row = 0; row < size; row++) {
            result.put(row, 0);
        }
        for (int column = 0; column < size; column++) {
            double factor = vector.get(column) * scale[column];
            for (int row = 0; row < size; row++) {
                result.put(row, Math.fma(matrix.get(column * size + row), factor, result.get(row)));
            }
        }
    }

    private void verify(String what, double[] expected, DoubleBuffer actual) {
        for (int i = 0; i < size; i++) {
            if (Double.doubleToRawLongBits(actual.get(i)) != Double.doubleToRawLongBits(expected[i])) {
                throw new Run.Failed(String.format(
                        "task %d of size %d, round %d: %s[%d] is %a, expected %a",
                        id, size, round, what, i, actual.get(i), expected[i]));
            }
        }
    }

    /** Adds the vector to a digest and frees the memory. */
    void end(Digest digest) {
        Memory at = memory;
        if (at != null) {
            double[] vector = new double[size];
            at.vector.values().get(0, vector);
            digest.add(vector);
            at.free();
            memory = null;
        }
    }
}
