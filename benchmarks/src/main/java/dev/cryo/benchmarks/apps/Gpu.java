package dev.cryo.benchmarks.apps;

import static jcuda.driver.JCudaDriver.cuCtxCreate;
import static jcuda.driver.JCudaDriver.cuCtxDestroy;
import static jcuda.driver.JCudaDriver.cuCtxSetCurrent;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuEventCreate;
import static jcuda.driver.JCudaDriver.cuInit;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemAllocManaged;
import static jcuda.driver.JCudaDriver.cuMemHostAlloc;
import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;
import static jcuda.driver.JCudaDriver.cuPointerGetAttribute;
import static jcuda.driver.JCudaDriver.cuStreamAttachMemAsync;
import static jcuda.driver.JCudaDriver.cuStreamCreate;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmemAttach_flags;
import jcuda.driver.CUmodule;
import jcuda.driver.CUpointer_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import org.jspecify.annotations.Nullable;

/** A context on device 0, current in the thread that made it. Results are checked one by one, by {@link #check}. */
public final class Gpu implements AutoCloseable {
    /** Threads of a block of {@link #launch}. */
    public static final int BLOCK = 256;

    private final CUcontext context = new CUcontext();
    private final CUdevice device = new CUdevice();

    /** Creates the context. */
    public Gpu() {
        check(cuInit(0));
        check(cuDeviceGet(device, 0));
        check(cuCtxCreate(context, 0, device));
    }

    /** Makes the context current in the calling thread. */
    public void enter() {
        check(cuCtxSetCurrent(context));
    }

    CUcontext context() {
        return context;
    }

    /** Device 0. */
    public CUdevice device() {
        return device;
    }

    /** Throws {@link Program.Failed} unless the result of a call is success. */
    public static void check(int result) {
        if (result != CUresult.CUDA_SUCCESS) {
            throw new Program.Failed("a CUDA call answered " + CUresult.stringFor(result));
        }
    }

    /** Loads the PTX of this name from beside the classes. */
    static CUmodule load(String name) throws IOException {
        return load(Gpu.class, name);
    }

    /** Loads the PTX of this name from beside a class. */
    public static CUmodule load(Class<?> beside, String name) throws IOException {
        try (@Nullable InputStream in = beside.getResourceAsStream(name + ".ptx")) {
            if (in == null) {
                throw new IOException("resource " + name + ".ptx is missing beside " + beside.getName());
            }
            var module = new CUmodule();
            check(cuModuleLoadData(module, new String(in.readAllBytes(), StandardCharsets.US_ASCII)));
            return module;
        }
    }

    /** An entry of a module. */
    public static CUfunction function(CUmodule module, String name) {
        var function = new CUfunction();
        check(cuModuleGetFunction(function, module, name));
        return function;
    }

    /** Device memory; what is in it is undefined. */
    public static CUdeviceptr allocate(long bytes) {
        var memory = new CUdeviceptr();
        check(cuMemAlloc(memory, bytes));
        return memory;
    }

    /** Unified memory that only work of one stream may touch, beside the host. */
    static CUdeviceptr allocateManaged(long bytes, CUstream stream) {
        var memory = new CUdeviceptr();
        check(cuMemAllocManaged(memory, bytes, CUmemAttach_flags.CU_MEM_ATTACH_GLOBAL));
        check(cuStreamAttachMemAsync(stream, memory, 0, CUmemAttach_flags.CU_MEM_ATTACH_SINGLE));
        return memory;
    }

    /** The address that the host and the device have memory at. */
    static long address(CUdeviceptr memory) {
        long[] address = new long[1];
        check(cuPointerGetAttribute(
                Pointer.to(address), CUpointer_attribute.CU_POINTER_ATTRIBUTE_DEVICE_POINTER, memory));
        return address[0];
    }

    /** Page-locked host memory. */
    public static Pointer allocateHost(long bytes, int flags) {
        var memory = new Pointer();
        check(cuMemHostAlloc(memory, bytes, flags));
        return memory;
    }

    /** A stream that does not wait for the default one. */
    public static CUstream stream() {
        var stream = new CUstream();
        check(cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
        return stream;
    }

    static CUevent event(int flags) {
        var event = new CUevent();
        check(cuEventCreate(event, flags));
        return event;
    }

    /** Queues a kernel with enough blocks of {@value #BLOCK} for so many threads; {@link #of} makes each parameter. */
    public static void launch(CUfunction function, int threads, @Nullable CUstream stream, Pointer... parameters) {
        int blocks = (threads + BLOCK - 1) / BLOCK;
        check(cuLaunchKernel(function, blocks, 1, 1, BLOCK, 1, 1, 0, stream, Pointer.to(parameters), null));
    }

    /** A parameter of a kernel. */
    public static Pointer of(int value) {
        return Pointer.to(new int[] {value});
    }

    /** A parameter of a kernel. */
    public static Pointer of(long value) {
        return Pointer.to(new long[] {value});
    }

    /** A parameter of a kernel. */
    public static Pointer of(CUdeviceptr memory) {
        return Pointer.to(memory);
    }

    /** Destroys the context and returns what CUDA answered. */
    int destroy() {
        return cuCtxDestroy(context);
    }

    @Override
    public void close() {
        check(destroy());
    }
}
