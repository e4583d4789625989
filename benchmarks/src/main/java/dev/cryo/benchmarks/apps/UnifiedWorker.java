package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static dev.cryo.benchmarks.apps.Gpu.of;
import static jcuda.driver.JCudaDriver.cuMemAdvise;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemsetD32Async;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmem_advise;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.runtime.JCuda;
import jcuda.runtime.cudaStream_t;

/** What one thread does with unified memory of its own, in a stream of its own. */
final class UnifiedWorker {
    private static final int MOST = 6;
    private static final int LARGEST = 60_000;

    private record Region(CUdeviceptr memory, IntBuffer ints, int[] expected) {}

    private final Gpu gpu;
    private final Random random;
    private final CUstream stream;
    private final CUfunction mix;
    private final CUfunction add;
    private final UnifiedList list;
    private final CUdeviceptr plain;
    private final int[] plainExpected = new int[LARGEST];
    private final List<Region> live = new ArrayList<>();

    UnifiedWorker(Gpu gpu, CUmodule module, long seed) {
        this.gpu = gpu;
        random = new Random(seed);
        stream = Gpu.stream();
        mix = Gpu.function(module, "mix");
        add = Gpu.function(module, "add");
        list = new UnifiedList(Gpu.function(module, "walk"), stream);
        plain = Gpu.allocate((long) LARGEST * Integer.BYTES);
        check(cuMemsetD32Async(plain, 0, LARGEST, stream));
        live.add(allocate());
        live.add(allocate());
    }

    void work(int operations) {
        gpu.enter();
        for (int i = 0; i < operations; i++) {
            operate(live.get(random.nextInt(live.size())), live.get(random.nextInt(live.size())));
        }
        check(cuStreamSynchronize(stream));
        live.forEach(region -> verify(region, 0, region.expected.length));
    }

    private void operate(Region region, Region other) {
        int count = region.expected.length;
        int from = random.nextInt(count);
        int to = from + 1 + random.nextInt(count - from);
        switch (random.nextInt(12)) {
            case 0, 1 -> write(region, from, to);
            case 2, 3 -> {
                check(cuStreamSynchronize(stream));
                verify(region, from, to);
            }
            case 4 -> mix(region);
            case 5 -> add(region, other);
            case 6 -> list.step(random.nextInt());
            case 7 -> set(region, from, to);
            case 8 -> copyOfHost(region, from, to);
            case 9 -> copyOfDevice(region, other);
            case 10 -> advise(region);
            case 11 -> replace();
            default -> throw new IllegalStateException("nextInt(12) gave another number");
        }
    }

    private void write(Region region, int from, int to) {
        check(cuStreamSynchronize(stream));
        int step = 1 + random.nextInt(2000);
        for (int i = from; i < to; i += step) {
            region.expected[i] = random.nextInt();
            region.ints.put(i, region.expected[i]);
        }
    }

    private static void verify(Region region, int from, int to) {
        for (int i = from; i < to; i++) {
            if (region.ints.get(i) != region.expected[i]) {
                throw new Program.Failed("unified memory of " + region.expected.length + " ints holds "
                        + region.ints.get(i) + " at " + i + ", expected " + region.expected[i]);
            }
        }
    }

    private void mix(Region region) {
        int count = region.expected.length;
        int salt = random.nextInt();
        Gpu.launch(mix, count, stream, Pointer.to(region.memory), of(count), of(salt));
        for (int i = 0; i < count; i++) {
            region.expected[i] = region.expected[i] * 31 + (salt ^ i);
        }
    }

    private void add(Region from, Region to) {
        int count = Math.min(from.expected.length, to.expected.length);
        Gpu.launch(add, count, stream, Pointer.to(from.memory), Pointer.to(to.memory), of(count));
        for (int i = 0; i < count; i++) {
            to.expected[i] += from.expected[i];
        }
    }

    private void set(Region region, int from, int to) {
        int value = random.nextInt();
        check(cuMemsetD32Async(at(region, from), value, to - from, stream));
        Arrays.fill(region.expected, from, to, value);
    }

    private void copyOfHost(Region region, int from, int to) {
        long bytes = (long) (to - from) * Integer.BYTES;
        if (random.nextBoolean()) {
            int[] values = random.ints(to - from).toArray();
            check(cuMemcpyHtoDAsync(at(region, from), Pointer.to(values), bytes, stream));
            System.arraycopy(values, 0, region.expected, from, values.length);
        } else {
            int[] values = new int[to - from];
            check(cuMemcpyDtoHAsync(Pointer.to(values), at(region, from), bytes, stream));
            check(cuStreamSynchronize(stream));
            Program.checkEqual("a copy", Arrays.copyOfRange(region.expected, from, to), values);
        }
    }

    private void copyOfDevice(Region region, Region other) {
        int count = Math.min(region.expected.length, other.expected.length) / 2;
        long bytes = (long) count * Integer.BYTES;
        if (count == 0) {
            return;
        }
        switch (random.nextInt(3)) {
            case 0 -> {
                check(cuMemcpyDtoDAsync(at(region, count), other.memory, bytes, stream));
                System.arraycopy(other.expected, 0, region.expected, count, count);
            }
            case 1 -> {
                check(cuMemcpyDtoDAsync(plain, at(region, count), bytes, stream));
                System.arraycopy(region.expected, count, plainExpected, 0, count);
            }
            case 2 -> {
                check(cuMemcpyDtoDAsync(region.memory, plain, bytes, stream));
                System.arraycopy(plainExpected, 0, region.expected, 0, count);
            }
            default -> throw new IllegalStateException("nextInt(3) gave another number");
        }
    }

    private void advise(Region region) {
        long bytes = (long) region.expected.length * Integer.BYTES;
        switch (random.nextInt(3)) {
            case 0 -> {
                int place = random.nextBoolean() ? 0 : JCuda.cudaCpuDeviceId;
                check(JCuda.cudaMemPrefetchAsync(region.memory, bytes, place, new cudaStream_t(stream)));
            }
            case 1 -> check(cuMemAdvise(region.memory, bytes, CUmem_advise.CU_MEM_ADVISE_SET_READ_MOSTLY, null));
            case 2 -> check(cuMemAdvise(region.memory, bytes, CUmem_advise.CU_MEM_ADVISE_UNSET_READ_MOSTLY, null));
            default -> throw new IllegalStateException("nextInt(3) gave another number");
        }
    }

    private void replace() {
        if (live.size() == MOST || live.size() > 2 && random.nextBoolean()) {
            check(cuMemFree(live.remove(random.nextInt(live.size())).memory));
        } else {
            live.add(allocate());
        }
    }

    private Region allocate() {
        int count = 1 + random.nextInt(random.nextBoolean() ? 2000 : LARGEST);
        long bytes = (long) count * Integer.BYTES;
        CUdeviceptr memory = Gpu.allocateManaged(bytes, stream);
        ByteOrder order = random.nextBoolean() ? ByteOrder.LITTLE_ENDIAN : ByteOrder.nativeOrder();
        var region = new Region(memory, memory.getByteBuffer(0, bytes).order(order).asIntBuffer(), new int[count]);
        set(region, 0, count);
        return region;
    }

    private static CUdeviceptr at(Region region, int index) {
        return region.memory.withByteOffset((long) index * Integer.BYTES);
    }

    /** Frees everything. */
    void end(Digest digest) {
        for (Region region : live) {
            verify(region, 0, region.expected.length);
            digest.add(region.expected);
            check(cuMemFree(region.memory));
        }
        list.end(digest);
        check(cuMemFree(plain));
    }
}
