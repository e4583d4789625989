package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static dev.cryo.benchmarks.apps.Gpu.of;
import static jcuda.driver.CUmemorytype.CU_MEMORYTYPE_DEVICE;
import static jcuda.driver.CUmemorytype.CU_MEMORYTYPE_HOST;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemAllocPitch;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemcpy2D;
import static jcuda.driver.JCudaDriver.cuMemsetD2D32;

import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.CUDA_MEMCPY2D;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;

/** Pitched memory: set, copied in part, worked on by a kernel and read back, against a plain array. */
final class Rectangle {
    private static final int WIDTH = 75;
    private static final int HEIGHT = 40;
    private static final int TILE = 16;

    private Rectangle() {}

    /** One round on fresh memory. Returns what it held at the end. */
    static int[] round(int step, CUfunction addPitched) {
        var memory = new CUdeviceptr();
        long[] pitch = new long[1];
        check(cuMemAllocPitch(memory, pitch, WIDTH * Integer.BYTES, HEIGHT, Integer.BYTES));
        Program.check(pitch[0] >= WIDTH * Integer.BYTES, "the pitch " + pitch[0] + " is less than a row");
        int[] expected = new int[WIDTH * HEIGHT];
        check(cuMemsetD2D32(memory, pitch[0], step, WIDTH, HEIGHT));
        Arrays.fill(expected, step);

        int left = step % 20;
        int top = step % 7;
        int[] patch = patch(step);
        check(cuMemcpy2D(upload(patch, memory, pitch[0], left, top)));
        for (int i = 0; i < patch.length; i++) {
            expected[(top + i / TILE) * WIDTH + left + i % TILE] = patch[i];
        }
        Pointer parameters = Pointer.to(of(memory), of(pitch[0]), of(WIDTH), of(HEIGHT), of(step));
        int columns = (WIDTH + TILE - 1) / TILE;
        int rows = (HEIGHT + TILE - 1) / TILE;
        check(cuLaunchKernel(addPitched, columns, rows, 1, TILE, TILE, 1, 0, null, parameters, null));
        GlobalsModel.addPitched(expected, WIDTH, step);

        int[] actual = new int[WIDTH * HEIGHT];
        check(cuMemcpy2D(download(memory, pitch[0], actual)));
        Program.checkEqual("pitched memory", expected, actual);
        check(cuMemFree(memory));
        return actual;
    }

    private static int[] patch(int step) {
        int[] values = new int[TILE * TILE];
        for (int i = 0; i < values.length; i++) {
            values[i] = step * 1000 + i;
        }
        return values;
    }

    private static CUDA_MEMCPY2D upload(int[] from, CUdeviceptr to, long pitch, int left, int top) {
        var copy = new CUDA_MEMCPY2D();
        copy.srcMemoryType = CU_MEMORYTYPE_HOST;
        copy.srcHost = Pointer.to(from);
        copy.srcPitch = TILE * Integer.BYTES;
        copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
        copy.dstDevice = to;
        copy.dstPitch = pitch;
        copy.dstXInBytes = left * Integer.BYTES;
        copy.dstY = top;
        copy.WidthInBytes = TILE * Integer.BYTES;
        copy.Height = TILE;
        return copy;
    }

    private static CUDA_MEMCPY2D download(CUdeviceptr from, long pitch, int[] to) {
        var copy = new CUDA_MEMCPY2D();
        copy.srcMemoryType = CU_MEMORYTYPE_DEVICE;
        copy.srcDevice = from;
        copy.srcPitch = pitch;
        copy.dstMemoryType = CU_MEMORYTYPE_HOST;
        copy.dstHost = Pointer.to(to);
        copy.dstPitch = WIDTH * Integer.BYTES;
        copy.WidthInBytes = WIDTH * Integer.BYTES;
        copy.Height = HEIGHT;
        return copy;
    }
}
