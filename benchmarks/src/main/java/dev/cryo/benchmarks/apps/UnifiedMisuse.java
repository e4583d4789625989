package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static jcuda.driver.JCudaDriver.cuMemAdvise;
import static jcuda.driver.JCudaDriver.cuMemAllocManaged;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemPrefetchAsync;
import static jcuda.driver.JCudaDriver.cuStreamAttachMemAsync;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.runtime.JCuda;
import jcuda.runtime.cudaError;

/**
 * Uses unified memory wrongly, or much.
 *
 * <p>Options: {@code --steps 12 --step-ms 0 --threads 1 --way codes|after-free|beyond|churn}.
 */
public final class UnifiedMisuse implements Program.Body {
    private static final int BYTES = 10_000;
    private static final int CYCLES = 1000;

    private final Gpu gpu = new Gpu();
    private final CUstream stream = Gpu.stream();
    private final String way;
    private final int threads;
    private final ExecutorService workers;

    private UnifiedMisuse(Options options) {
        way = options.text("way");
        threads = options.count("threads");
        workers = Executors.newFixedThreadPool(threads);
    }

    /** Runs the application. */
    public static void main(String[] args) {
        Program.main(args, UnifiedMisuse::new, "steps", "12", "step-ms", "0", "threads", "1", "way", "codes");
    }

    @Override
    public void step(int step) throws Exception {
        switch (way) {
            case "codes" -> {
                driverCodes();
                runtimeCodes();
            }
            case "after-free" -> touchAfterFree();
            case "beyond" -> touchBeyond();
            case "churn" -> churn();
            default -> throw new Program.Failed("no way of misuse is called " + way);
        }
    }

    private static void expect(String what, int code, int actual) {
        Program.check(code == actual, what + " answered " + actual + ", expected " + code);
    }

    private void driverCodes() {
        int invalid = CUresult.CUDA_ERROR_INVALID_VALUE;
        var memory = new CUdeviceptr();
        expect("size 0", invalid, cuMemAllocManaged(memory, 0, 1));
        expect("no flags", invalid, cuMemAllocManaged(memory, 100, 0));
        expect("flag single", invalid, cuMemAllocManaged(memory, 100, 4));
        expect("far too much", CUresult.CUDA_ERROR_OUT_OF_MEMORY, cuMemAllocManaged(memory, 1L << 46, 1));
        check(cuMemAllocManaged(memory, BYTES, 1));
        expect("free of its inside", invalid, cuMemFree(memory.withByteOffset(4096)));
        expect("advice beyond", invalid, cuMemAdvise(memory, BYTES + 1, 1, gpu.device()));
        expect("unknown advice", invalid, cuMemAdvise(memory, BYTES, 99, gpu.device()));
        expect("prefetch beyond", invalid, cuMemPrefetchAsync(memory, BYTES + 1, gpu.device(), stream));
        expect("attachment of its inside", invalid, cuStreamAttachMemAsync(stream, memory.withByteOffset(8), 0, 4));
        expect("attachment with wrong flags", invalid, cuStreamAttachMemAsync(stream, memory, 0, 3));
        ByteBuffer view = memory.getByteBuffer(0, BYTES);
        view.put(BYTES - 1, (byte) 7);
        Program.check(view.get(BYTES - 1) == 7, "after the errors the memory does not work");
        check(cuMemFree(memory));
        expect("second free", invalid, cuMemFree(memory));
        expect("prefetch after free", invalid, cuMemPrefetchAsync(memory, BYTES, gpu.device(), stream));
    }

    private static void runtimeCodes() {
        int invalid = cudaError.cudaErrorInvalidValue;
        var memory = new Pointer();
        expect("size 0", invalid, JCuda.cudaMallocManaged(memory, 0, 1));
        expect("wrong flags", invalid, JCuda.cudaMallocManaged(memory, 100, 7));
        expect("far too much", cudaError.cudaErrorMemoryAllocation, JCuda.cudaMallocManaged(memory, 1L << 46, 1));
        check(JCuda.cudaMallocManaged(memory, BYTES, 1));
        expect("free of its inside", invalid, JCuda.cudaFree(memory.withByteOffset(4096)));
        expect("advice beyond", invalid, JCuda.cudaMemAdvise(memory, BYTES + 1, 1, 0));
        expect("prefetch beyond", invalid, JCuda.cudaMemPrefetchAsync(memory, BYTES + 1, 0, null));
        expect(
                "prefetch to no device",
                cudaError.cudaErrorInvalidDevice,
                JCuda.cudaMemPrefetchAsync(memory, BYTES, 17, null));
        check(JCuda.cudaFree(memory));
        expect("second free", invalid, JCuda.cudaFree(memory));
        int unused = JCuda.cudaGetLastError();
    }

    private void touchAfterFree() {
        var memory = new CUdeviceptr();
        check(cuMemAllocManaged(memory, BYTES, 1));
        ByteBuffer view = memory.getByteBuffer(0, BYTES);
        view.put(0, (byte) 1);
        check(cuMemFree(memory));
        Program.say("touching");
        Program.say("read " + view.get(0));
    }

    /** With a neighbour, whose contents must not be what is read. */
    private void touchBeyond() {
        var memory = new CUdeviceptr();
        check(cuMemAllocManaged(memory, 4096, 1));
        check(cuMemAllocManaged(new CUdeviceptr(), 4096, 1));
        MemorySegment beyond = MemorySegment.ofAddress(Gpu.address(memory)).reinterpret(8192);
        beyond.set(ValueLayout.JAVA_BYTE, 4095, (byte) 1);
        Program.say("touching");
        Program.say("read " + beyond.get(ValueLayout.JAVA_BYTE, 4096));
    }

    private void churn() throws Exception {
        List<Future<?>> all = new ArrayList<>();
        for (int thread = 0; thread < threads; thread++) {
            all.add(workers.submit(() -> {
                gpu.enter();
                for (int i = 0; i < CYCLES / threads; i++) {
                    var memory = new CUdeviceptr();
                    check(cuMemAllocManaged(memory, BYTES, 1));
                    ByteBuffer view = memory.getByteBuffer(0, BYTES);
                    view.put(i, (byte) i);
                    Program.check(view.get(i) == (byte) i, "memory does not hold what was written");
                    check(cuMemFree(memory));
                }
            }));
        }
        for (Future<?> each : all) {
            Object unused = each.get();
        }
    }

    @Override
    public String finish() {
        return way;
    }

    @Override
    public void close() {
        workers.close();
        gpu.close();
    }
}
