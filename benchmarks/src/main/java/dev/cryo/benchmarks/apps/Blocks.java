package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoD;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoD;
import static jcuda.driver.JCudaDriver.cuMemsetD16;
import static jcuda.driver.JCudaDriver.cuMemsetD32;
import static jcuda.driver.JCudaDriver.cuMemsetD8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;

/** Device memory that is allocated, set, copied and freed in a random order, with a copy of each block on the CPU. */
final class Blocks {
    private static final int MOST = 24;
    private static final int LARGEST = 300_000;

    private record Block(CUdeviceptr memory, byte[] expected) {}

    private final Random random;
    private final List<Block> live = new ArrayList<>();

    Blocks(long seed) {
        random = new Random(seed);
    }

    void step() {
        for (int i = 0; i < 8; i++) {
            if (live.size() == MOST || !live.isEmpty() && random.nextInt(3) == 0) {
                Block dead = live.remove(random.nextInt(live.size()));
                check(cuMemFree(dead.memory));
            } else {
                allocate(1 + random.nextInt(random.nextBoolean() ? 600 : LARGEST));
            }
        }
        if (live.size() > 1) {
            copy(live.getFirst(), live.getLast());
        }
        verify();
    }

    private void allocate(int size) {
        var block = new Block(Gpu.allocate(size), new byte[size]);
        live.add(block);
        int value = random.nextInt();
        ByteBuffer expected = ByteBuffer.wrap(block.expected).order(ByteOrder.LITTLE_ENDIAN);
        switch (random.nextInt(4)) {
            case 0 -> {
                check(cuMemsetD8(block.memory, (byte) value, size));
                Arrays.fill(block.expected, (byte) value);
            }
            case 1 -> {
                // The rest that no whole short covers is set too, since fresh memory is undefined.
                check(cuMemsetD8(block.memory, (byte) 1, size));
                Arrays.fill(block.expected, (byte) 1);
                check(cuMemsetD16(block.memory, (short) value, size / Short.BYTES));
                for (int i = 0; i < size / Short.BYTES; i++) {
                    expected.putShort(i * Short.BYTES, (short) value);
                }
            }
            case 2 -> {
                check(cuMemsetD8(block.memory, (byte) 2, size));
                Arrays.fill(block.expected, (byte) 2);
                check(cuMemsetD32(block.memory, value, size / Integer.BYTES));
                for (int i = 0; i < size / Integer.BYTES; i++) {
                    expected.putInt(i * Integer.BYTES, value);
                }
            }
            case 3 -> {
                random.nextBytes(block.expected);
                check(cuMemcpyHtoD(block.memory, Pointer.to(block.expected), size));
            }
            default -> throw new IllegalStateException("nextInt(4) gave another number");
        }
    }

    private static void copy(Block from, Block to) {
        int size = Math.min(from.expected.length, to.expected.length) / 2;
        if (size > 0) {
            check(cuMemcpyDtoD(to.memory, from.memory.withByteOffset(size / 2), size));
            System.arraycopy(from.expected, size / 2, to.expected, 0, size);
        }
    }

    private void verify() {
        for (Block block : live) {
            byte[] actual = new byte[block.expected.length];
            check(cuMemcpyDtoH(Pointer.to(actual), block.memory, actual.length));
            int differs = Arrays.mismatch(block.expected, actual);
            Program.check(differs < 0, "a block of " + actual.length + " bytes differs at byte " + differs);
        }
    }

    void digestInto(Digest digest) {
        live.forEach(block -> digest.add(block.expected));
    }
}
