package dev.cryo.upper.apps;

import java.util.Arrays;
import jcuda.CudaException;
import jcuda.Pointer;
import jcuda.Sizeof;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import jcuda.runtime.JCuda;
import jcuda.runtime.cudaMemcpyKind;

/** Copies data to the device and back by both APIs, and launches. */
public final class RoundTrip {
    private RoundTrip() {}

    /** Prints what it finds. */
    public static void main(String[] args) {
        JCudaDriver.setExceptionsEnabled(true);
        JCudaDriver.cuInit(0);
        CUdevice device = new CUdevice();
        JCudaDriver.cuDeviceGet(device, 0);
        CUcontext context = new CUcontext();
        JCudaDriver.cuCtxCreate(context, 0, device);
        float[] values = new float[5000];
        for (int i = 0; i < values.length; i++) {
            values[i] = i * 0.5f;
        }
        CUdeviceptr memory = new CUdeviceptr();
        JCudaDriver.cuMemAlloc(memory, values.length * Sizeof.FLOAT);
        JCudaDriver.cuMemcpyHtoD(memory, Pointer.to(values), values.length * Sizeof.FLOAT);
        float[] back = new float[values.length];
        JCudaDriver.cuMemcpyDtoH(Pointer.to(back), memory, values.length * Sizeof.FLOAT);
        System.out.println("driver " + Arrays.equals(values, back));
        JCuda.setExceptionsEnabled(true);
        Pointer locked = new Pointer();
        JCuda.cudaMallocHost(locked, 20);
        JCuda.cudaMemcpy(locked, memory, 20, cudaMemcpyKind.cudaMemcpyDeviceToHost);
        System.out.println("runtime " + locked.getByteBuffer().asFloatBuffer().get(4));
        CUdeviceptr managed = new CUdeviceptr();
        JCudaDriver.cuMemAllocManaged(managed, 1000, 1);
        System.out.println("buffers " + managed.withByteOffset(10).getByteBuffer().capacity() + " "
                + locked.withByteOffset(10).getByteBuffer().capacity());
        launch(memory);
        try {
            JCudaDriver.cuMemFree(new CUdeviceptr());
        } catch (CudaException e) {
            System.out.println("thrown " + e.getMessage());
        }
        JCudaDriver.setExceptionsEnabled(false);
        int result = JCudaDriver.cuGraphCreate(new jcuda.driver.CUgraph(), 0);
        System.out.println("graph " + CUresult.stringFor(result));
        System.out.println("loader " + classIsVisible("dev.cryo.upper.cuda.Cuda"));
    }

    private static void launch(CUdeviceptr memory) {
        CUmodule module = new CUmodule();
        JCudaDriver.cuModuleLoadData(module, "text");
        CUfunction kernel = new CUfunction();
        JCudaDriver.cuModuleGetFunction(kernel, module, "k_8_4");
        Pointer parameters = Pointer.to(Pointer.to(memory), Pointer.to(new int[] {7}));
        JCudaDriver.cuLaunchKernel(kernel, 1, 1, 1, 32, 1, 1, 0, null, parameters, null);
        JCudaDriver.cuCtxSynchronize();
        System.out.println("launched");
    }

    private static boolean classIsVisible(String name) {
        try {
            Class.forName(name);
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }
}
