package dev.cryo.benchmarks.trainer;

import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;

/**
 * The network on the device: weights, velocities, gradients and activations, and the kernels of one step in order. All
 * methods only queue work on the stream, except {@link #weights}.
 */
final class Network implements AutoCloseable {
    static final float RATE = 0.05f;
    static final float MOMENTUM = 0.9f;

    private final Cuda cuda;
    private final Kernels kernels;
    private final CUstream stream;
    private final Layout layout;
    private final CUdeviceptr weights;
    private final CUdeviceptr velocity;
    private final CUdeviceptr gradient;
    private final CUdeviceptr hidden;
    private final CUdeviceptr hiddenGradient;
    private final CUdeviceptr logits;
    private final CUdeviceptr logitsGradient;
    private final CUdeviceptr rowLoss;

    Network(Cuda cuda, Kernels kernels, CUstream stream, Layout layout, int batch) {
        this.cuda = cuda;
        this.kernels = kernels;
        this.stream = stream;
        this.layout = layout;
        weights = floats(layout.count());
        velocity = floats(layout.count());
        gradient = floats(layout.count());
        hidden = floats(batch * layout.hidden());
        hiddenGradient = floats(batch * layout.hidden());
        logits = floats(batch * Digits.CLASSES);
        logitsGradient = floats(batch * Digits.CLASSES);
        rowLoss = floats(batch);
    }

    /** Sets the weights, and the velocities to zero. Returns when the array may be changed again. */
    void reset(float[] initial) {
        long size = (long) layout.count() * Float.BYTES;
        cuda.copyToDevice(weights, Pointer.to(initial), size, stream);
        cuda.zero(velocity, size, stream);
        cuda.synchronize(stream);
    }

    /** Waits for the stream and reads the weights back. */
    float[] weights() {
        float[] values = new float[layout.count()];
        cuda.copyToHost(Pointer.to(values), weights, (long) values.length * Float.BYTES, stream);
        cuda.synchronize(stream);
        return values;
    }

    /** One step of gradient descent; adds the summed loss of the rows to the total. */
    void train(CUdeviceptr images, CUdeviceptr labels, int rows, CUdeviceptr total) {
        forward(images, rows);
        kernels.softmaxCrossEntropy(logits, labels, logitsGradient, rowLoss, rows, Digits.CLASSES);
        kernels.addTotal(rowLoss, rows, total);
        backward(images, rows);
        kernels.sgdMomentum(weights, velocity, gradient, layout.count(), RATE, MOMENTUM);
    }

    /** The most likely digit of each row. */
    void predict(CUdeviceptr images, int rows, CUdeviceptr predicted) {
        forward(images, rows);
        kernels.argmax(logits, predicted, rows, Digits.CLASSES);
    }

    private void forward(CUdeviceptr images, int rows) {
        int width = layout.hidden();
        kernels.product(images, at(weights, layout.firstWeights()), hidden, rows, width, Digits.PIXELS);
        kernels.addBiasRelu(hidden, at(weights, layout.firstBias()), rows, width);
        kernels.product(hidden, at(weights, layout.secondWeights()), logits, rows, Digits.CLASSES, width);
        kernels.addBias(logits, at(weights, layout.secondBias()), rows, Digits.CLASSES);
    }

    private void backward(CUdeviceptr images, int rows) {
        int width = layout.hidden();
        CUdeviceptr secondWeights = at(gradient, layout.secondWeights());
        kernels.productOfTransposed(hidden, logitsGradient, secondWeights, width, Digits.CLASSES, rows);
        kernels.columnSums(logitsGradient, at(gradient, layout.secondBias()), rows, Digits.CLASSES);
        CUdeviceptr through = at(weights, layout.secondWeights());
        kernels.productByTransposed(logitsGradient, through, hiddenGradient, rows, width, Digits.CLASSES);
        kernels.reluBackward(hiddenGradient, hidden, rows * width);
        CUdeviceptr firstWeights = at(gradient, layout.firstWeights());
        kernels.productOfTransposed(images, hiddenGradient, firstWeights, Digits.PIXELS, width, rows);
        kernels.columnSums(hiddenGradient, at(gradient, layout.firstBias()), rows, width);
    }

    private CUdeviceptr floats(int count) {
        return cuda.allocate((long) count * Float.BYTES);
    }

    private static CUdeviceptr at(CUdeviceptr memory, int index) {
        return memory.withByteOffset((long) index * Float.BYTES);
    }

    @Override
    public void close() {
        cuda.free(weights);
        cuda.free(velocity);
        cuda.free(gradient);
        cuda.free(hidden);
        cuda.free(hiddenGradient);
        cuda.free(logits);
        cuda.free(logitsGradient);
        cuda.free(rowLoss);
    }
}
