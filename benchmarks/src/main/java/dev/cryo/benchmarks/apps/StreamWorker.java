package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static dev.cryo.benchmarks.apps.Gpu.of;
import static jcuda.driver.JCudaDriver.cuEventQuery;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemsetD32Async;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;
import static jcuda.driver.JCudaDriver.cuStreamWaitEvent;

import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReferenceArray;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;

/** One thread of {@link ManyStreams}: a stream, its buffers, and the random operations on them. */
final class StreamWorker {
    private static final int COUNT = 2000;

    private final int index;
    private final Random random;
    private final StreamModel model = new StreamModel(COUNT);
    private final CUfunction mix;
    private final CUfunction rotateAdd;
    private final CUfunction totals;
    private final CUstream stream = Gpu.stream();
    private final CUdeviceptr a = zeros(COUNT);
    private final CUdeviceptr b = zeros(COUNT);
    private final CUdeviceptr total = zeros(2);
    private final Pointer host = Gpu.allocateHost(COUNT * Integer.BYTES, 0);
    private final IntBuffer hostInts = host.getByteBuffer(0, COUNT * Integer.BYTES)
            .order(ByteOrder.nativeOrder())
            .asIntBuffer();
    private final CUevent uploaded = Gpu.event(CUevent_flags.CU_EVENT_DISABLE_TIMING);
    private final CUevent done = Gpu.event(CUevent_flags.CU_EVENT_DISABLE_TIMING);
    private final AtomicReferenceArray<CUevent> doneOfAll;

    StreamWorker(int index, long seed, CUmodule module, AtomicReferenceArray<CUevent> doneOfAll) {
        this.index = index;
        this.doneOfAll = doneOfAll;
        random = new Random(seed * 1000 + index);
        mix = Gpu.function(module, "mix");
        rotateAdd = Gpu.function(module, "rotate_add");
        totals = Gpu.function(module, "totals");
        check(cuStreamSynchronize(stream));
    }

    private CUdeviceptr zeros(int count) {
        CUdeviceptr memory = Gpu.allocate((long) count * Integer.BYTES);
        check(cuMemsetD32Async(memory, 0, count, stream));
        return memory;
    }

    /** Queues so many random operations, then waits and compares every word with the model. */
    void step(int operations) {
        for (int i = 0; i < operations; i++) {
            operation(random.nextInt(10));
        }
        check(cuEventRecord(done, stream));
        doneOfAll.set(index, done);
        verify();
    }

    private void operation(int kind) {
        switch (kind) {
            case 0, 1 -> {
                int salt = random.nextInt();
                Gpu.launch(mix, COUNT, stream, of(a), of(COUNT), of(salt));
                model.mixA(salt);
            }
            case 2, 3 -> {
                int shift = random.nextInt(COUNT);
                Gpu.launch(rotateAdd, COUNT, stream, of(a), of(b), of(COUNT), of(shift));
                model.rotateAddToB(shift);
            }
            case 4 -> {
                Gpu.launch(totals, COUNT, stream, of(b), of(COUNT), of(total));
                model.totalsOfB();
            }
            case 5 -> {
                int from = random.nextInt(COUNT);
                int count = 1 + random.nextInt(COUNT - from);
                check(cuMemcpyDtoDAsync(at(a, from), at(b, from), (long) count * Integer.BYTES, stream));
                model.copyBToA(from, count);
            }
            case 6 -> {
                int from = random.nextInt(COUNT);
                int count = 1 + random.nextInt(COUNT - from);
                int value = random.nextInt();
                check(cuMemsetD32Async(at(a, from), value, count, stream));
                model.fillA(from, count, value);
            }
            case 7 -> upload();
            case 8 -> waitForAnother(random.nextInt(doneOfAll.length()));
            case 9 -> check(cuStreamSynchronize(stream));
            default -> throw new IllegalArgumentException("no operation " + kind);
        }
    }

    private void upload() {
        int from = random.nextInt(COUNT);
        int count = 1 + random.nextInt(COUNT - from);
        int seed = random.nextInt();
        // The page-locked buffer may still be read by the copy before.
        check(cuEventSynchronize(uploaded));
        for (int i = 0; i < count; i++) {
            hostInts.put(i, StreamModel.uploaded(seed, i));
        }
        check(cuMemcpyHtoDAsync(at(a, from), host, (long) count * Integer.BYTES, stream));
        check(cuEventRecord(uploaded, stream));
        model.uploadA(from, count, seed);
    }

    private void waitForAnother(int other) {
        CUevent event = doneOfAll.get(other);
        if (event != null) {
            check(cuStreamWaitEvent(stream, event, 0));
        }
    }

    private void verify() {
        Program.checkEqual("thread " + index + " a", model.a, read(a, COUNT));
        Program.checkEqual("thread " + index + " b", model.b, read(b, COUNT));
        Program.checkEqual("thread " + index + " totals", model.totals, read(total, 2));
    }

    private int[] read(CUdeviceptr from, int count) {
        check(cuEventSynchronize(uploaded));
        check(cuMemcpyDtoHAsync(host, from, (long) count * Integer.BYTES, stream));
        check(cuEventRecord(uploaded, stream));
        while (true) {
            int result = cuEventQuery(uploaded);
            if (result == CUresult.CUDA_SUCCESS) {
                break;
            }
            Program.check(
                    result == CUresult.CUDA_ERROR_NOT_READY, "cuEventQuery answered " + CUresult.stringFor(result));
            Thread.onSpinWait();
        }
        int[] values = new int[count];
        hostInts.get(0, values);
        return values;
    }

    private static CUdeviceptr at(CUdeviceptr memory, int index) {
        return memory.withByteOffset((long) index * Integer.BYTES);
    }

    void digestInto(Digest digest) {
        digest.add(model.a).add(model.b).add(model.totals);
    }
}
