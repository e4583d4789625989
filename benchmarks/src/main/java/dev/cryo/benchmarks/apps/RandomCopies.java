package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemFreeHost;
import static jcuda.driver.JCudaDriver.cuMemcpyAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoD;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemsetD16Async;
import static jcuda.driver.JCudaDriver.cuMemsetD2D8Async;
import static jcuda.driver.JCudaDriver.cuMemsetD32Async;
import static jcuda.driver.JCudaDriver.cuMemsetD8;
import static jcuda.driver.JCudaDriver.cuMemsetD8Async;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;

/** Copies and sets of one thread, in its stream or synchronous, and the same done to what is expected. */
final class RandomCopies {
    private static final int LARGEST = 1 << 20;

    private final CUstream stream;
    private final Random random;
    private final CUdeviceptr plain = Gpu.allocate(LARGEST);
    private final byte[] plainExpected = new byte[LARGEST];
    private final Pointer locked = Gpu.allocateHost(LARGEST, 0);
    private final ByteBuffer lockedView = locked.getByteBuffer(0, LARGEST).order(ByteOrder.LITTLE_ENDIAN);

    RandomCopies(CUstream stream, Random random) {
        this.stream = stream;
        this.random = random;
        check(cuMemsetD8Async(plain, (byte) 0, LARGEST, stream));
    }

    /** Sets a part of a region. A synchronous set is followed by no wait: CUDA promises that it needs none. */
    String set(RandomRegion region, int from, int to) {
        int value = random.nextInt();
        int bytes = to - from;
        int kind = random.nextInt(5);
        int size = new int[] {1, 2, 4, 1, 1}[kind];
        int at = (from + size - 1) / size * size;
        int count = Math.max(0, to - at) / size;
        switch (kind) {
            case 0 -> check(cuMemsetD8Async(region.at(at), (byte) value, count, stream));
            case 1 -> check(cuMemsetD16Async(region.at(at), (short) value, count, stream));
            case 2 -> check(cuMemsetD32Async(region.at(at), value, count, stream));
            case 3 -> {
                settle(region);
                check(cuMemsetD8(region.at(at), (byte) value, count));
            }
            case 4 -> {
                return setRows(region, from, bytes, (byte) value);
            }
            default -> throw new IllegalStateException("nextInt(5) gave another number");
        }
        for (int i = 0; i < count * size; i++) {
            region.expected().put(at + i, (byte) (value >> 8 * (i % size)));
        }
        if (kind != 3) {
            region.queuedWrite(from, to);
        }
        return "set of " + count + " elements of " + size + (kind == 3 ? " bytes, synchronous" : " bytes");
    }

    private String setRows(RandomRegion region, int from, int bytes, byte value) {
        int pitch = 1 + random.nextInt(Math.min(bytes, 9000));
        int width = 1 + random.nextInt(pitch);
        int height = (bytes - width) / pitch + 1;
        check(cuMemsetD2D8Async(region.at(from), pitch, value, width, height, stream));
        for (int row = 0; row < height; row++) {
            int start = from + row * pitch;
            Arrays.fill(region.expected().array(), start, start + width, value);
        }
        region.queuedWrite(from, from + bytes);
        return "set of " + height + " rows of " + width + " bytes, " + pitch + " apart";
    }

    private void settle(RandomRegion region) {
        check(cuStreamSynchronize(stream));
        region.settled();
    }

    /** Copies from host memory. */
    String fromHost(RandomRegion region, int from, int to) {
        int bytes = Math.min(to - from, LARGEST);
        byte[] values = new byte[bytes];
        random.nextBytes(values);
        region.expected().put(from, values);
        switch (random.nextInt(4)) {
            case 0 -> {
                check(cuMemcpyHtoDAsync(region.at(from), Pointer.to(values), bytes, stream));
                region.queuedWrite(from, from + bytes);
                return "copy from an array";
            }
            case 1 -> {
                ByteBuffer direct = ByteBuffer.allocateDirect(bytes).put(values).flip();
                check(cuMemcpyHtoDAsync(region.at(from), Pointer.to(direct), bytes, stream));
                region.queuedWrite(from, from + bytes);
                return "copy from a buffer";
            }
            case 2 -> {
                check(cuStreamSynchronize(stream)); // The last copy of the page-locked memory.
                lockedView.put(0, values);
                check(cuMemcpyHtoDAsync(region.at(from), locked, bytes, stream));
                region.queuedWrite(from, from + bytes);
                return "copy from page-locked memory";
            }
            case 3 -> {
                settle(region);
                check(cuMemcpyHtoD(region.at(from), Pointer.to(values), bytes));
                return "copy from an array, synchronous";
            }
            default -> throw new IllegalStateException("nextInt(4) gave another number");
        }
    }

    /** Copies to host memory and compares. */
    String toHost(RandomRegion region, int from, int to) {
        int bytes = Math.min(to - from, LARGEST);
        byte[] values = new byte[bytes];
        String name;
        switch (random.nextInt(3)) {
            case 0 -> {
                check(cuMemcpyDtoHAsync(Pointer.to(values), region.at(from), bytes, stream));
                check(cuStreamSynchronize(stream));
                name = "copy to an array";
            }
            case 1 -> {
                check(cuMemcpyDtoHAsync(locked, region.at(from), bytes, stream));
                check(cuStreamSynchronize(stream));
                lockedView.get(0, values);
                name = "copy to page-locked memory";
            }
            case 2 -> {
                settle(region);
                check(cuMemcpyDtoH(Pointer.to(values), region.at(from), bytes));
                name = "copy to an array, synchronous";
            }
            default -> throw new IllegalStateException("nextInt(3) gave another number");
        }
        int at = ByteBuffer.wrap(values).mismatch(region.expected().slice(from, bytes));
        if (at >= 0) {
            region.fail(from + at, values[at], ", " + name + ",");
        }
        return name;
    }

    /** Copies between regions, by the device. The parts must not overlap. */
    String between(RandomRegion from, int at, RandomRegion to, int offset, int bytes) {
        String name;
        switch (random.nextInt(3)) {
            case 0 -> {
                check(cuMemcpyDtoDAsync(to.at(offset), from.at(at), bytes, stream));
                name = "copy between regions";
            }
            case 1 -> {
                check(cuMemcpyAsync(to.at(offset), from.at(at), bytes, stream));
                name = "copy between regions, by address";
            }
            case 2 -> {
                Pointer source = Pointer.to(from.view().slice(at, bytes));
                check(cuMemcpyHtoDAsync(to.at(offset), source, bytes, stream));
                name = "copy from a buffer over another region";
            }
            default -> throw new IllegalStateException("nextInt(3) gave another number");
        }
        to.expected().put(offset, RandomHost.copyOf(from, at, bytes));
        from.queuedRead(at, at + bytes);
        to.queuedWrite(offset, offset + bytes);
        return name;
    }

    /** Copies to device memory, or from there. */
    String device(RandomRegion region, int from, int to) {
        int bytes = Math.min(to - from, LARGEST);
        int at = random.nextInt(LARGEST - bytes + 1);
        if (random.nextBoolean()) {
            check(cuMemcpyDtoDAsync(plain.withByteOffset(at), region.at(from), bytes, stream));
            region.expected().get(from, plainExpected, at, bytes);
            region.queuedRead(from, from + bytes);
            return "copy to the device";
        }
        check(cuMemcpyDtoDAsync(region.at(from), plain.withByteOffset(at), bytes, stream));
        region.expected().put(from, plainExpected, at, bytes);
        region.queuedWrite(from, from + bytes);
        return "copy from the device";
    }

    void end() {
        check(cuMemFree(plain));
        check(cuMemFreeHost(locked));
    }
}
