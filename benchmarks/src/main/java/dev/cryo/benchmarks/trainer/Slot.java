package dev.cryo.benchmarks.trainer;

import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUstream;

/**
 * One of the two buffers a mini-batch travels through: page-locked host memory, its device memory, and the events that
 * say when each may be written again. Used by one host thread.
 */
final class Slot implements AutoCloseable {
    private final Cuda cuda;
    private final Pointer hostImages;
    private final Pointer hostLabels;
    private final FloatBuffer imageBuffer;
    private final IntBuffer labelBuffer;
    private final CUevent copied;
    private final CUevent consumed;
    final CUdeviceptr images;
    final CUdeviceptr labels;

    Slot(Cuda cuda, int batch) {
        this.cuda = cuda;
        long imageBytes = (long) batch * Digits.PIXELS * Float.BYTES;
        long labelBytes = (long) batch * Integer.BYTES;
        hostImages = cuda.allocateHost(imageBytes);
        hostLabels = cuda.allocateHost(labelBytes);
        imageBuffer = hostImages
                .getByteBuffer(0, imageBytes)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        labelBuffer = hostLabels
                .getByteBuffer(0, labelBytes)
                .order(ByteOrder.nativeOrder())
                .asIntBuffer();
        images = cuda.allocate(imageBytes);
        labels = cuda.allocate(labelBytes);
        copied = cuda.createEvent();
        consumed = cuda.createEvent();
    }

    /** Copies images order[from .. from + rows) to the device on one stream, and has the other wait for them. */
    void load(Digits digits, int[] order, int from, int rows, CUstream copying, CUstream computing) {
        cuda.synchronize(copied);
        for (int row = 0; row < rows; row++) {
            int index = order[from + row];
            imageBuffer.put(row * Digits.PIXELS, digits.images(), index * Digits.PIXELS, Digits.PIXELS);
            labelBuffer.put(row, digits.labels()[index]);
        }
        cuda.await(copying, consumed);
        cuda.copyToDevice(images, hostImages, (long) rows * Digits.PIXELS * Float.BYTES, copying);
        cuda.copyToDevice(labels, hostLabels, (long) rows * Integer.BYTES, copying);
        cuda.record(copied, copying);
        cuda.await(computing, copied);
    }

    /** To be called when the last kernel that reads this slot is queued. */
    void release(CUstream computing) {
        cuda.record(consumed, computing);
    }

    @Override
    public void close() {
        cuda.destroy(copied);
        cuda.destroy(consumed);
        cuda.free(images);
        cuda.free(labels);
        cuda.freeHost(hostImages);
        cuda.freeHost(hostLabels);
    }
}
