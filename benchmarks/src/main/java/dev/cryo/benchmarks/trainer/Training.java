package dev.cryo.benchmarks.trainer;

import java.io.IOException;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.IntStream;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;

/**
 * A training run on the device: two streams, two slots for mini-batches between them, and the network. Used by one host
 * thread, in whose current context it lives.
 */
final class Training implements AutoCloseable {
    private final Cuda cuda;
    private final TrainerOptions options;
    private final Digits.Split digits;
    private final SplitMix random;
    private final CUstream copying;
    private final CUstream computing;
    private final Kernels kernels;
    private final Network network;
    private final List<Slot> slots;
    private final CUdeviceptr total;
    private final Pointer hostTotal;
    private final int[] order;
    private int batches;

    Training(Cuda cuda, TrainerOptions options, Digits.Split digits) throws IOException {
        this.cuda = cuda;
        this.options = options;
        this.digits = digits;
        random = new SplitMix(options.seed());
        copying = cuda.createStream();
        computing = cuda.createStream();
        kernels = new Kernels(computing);
        var layout = new Layout(options.hidden());
        network = new Network(cuda, kernels, computing, layout, options.batch());
        slots = List.of(new Slot(cuda, options.batch()), new Slot(cuda, options.batch()));
        total = cuda.allocate(Float.BYTES);
        hostTotal = cuda.allocateHost(Float.BYTES);
        order = IntStream.range(0, digits.training().count()).toArray();
        network.reset(layout.initialWeights(random));
    }

    /** Trains on every training image once, in a new order, and returns their mean loss. */
    float epoch() throws InterruptedException {
        random.shuffle(order);
        cuda.zero(total, Float.BYTES, computing);
        for (int from = 0; from < order.length; from += options.batch()) {
            int rows = Math.min(options.batch(), order.length - from);
            Slot slot = load(digits.training(), order, from, rows);
            network.train(slot.images, slot.labels, rows, total);
            slot.release(computing);
            if (options.pauseMs() > 0) {
                Thread.sleep(options.pauseMs());
            }
        }
        cuda.copyToHost(hostTotal, total, Float.BYTES, computing);
        cuda.synchronize(computing);
        float sum = hostTotal
                .getByteBuffer(0, Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .getFloat(0);
        return sum / order.length;
    }

    /** How many of the test images are predicted rightly, in percent. */
    double accuracy() {
        Digits test = digits.test();
        int[] all = IntStream.range(0, test.count()).toArray();
        int[] guesses = new int[options.batch()];
        CUdeviceptr predicted = cuda.allocate((long) options.batch() * Integer.BYTES);
        int correct = 0;
        for (int from = 0; from < all.length; from += options.batch()) {
            int rows = Math.min(options.batch(), all.length - from);
            Slot slot = load(test, all, from, rows);
            network.predict(slot.images, rows, predicted);
            slot.release(computing);
            cuda.copyToHost(Pointer.to(guesses), predicted, (long) rows * Integer.BYTES, computing);
            cuda.synchronize(computing);
            for (int row = 0; row < rows; row++) {
                correct += guesses[row] == test.labels()[from + row] ? 1 : 0;
            }
        }
        cuda.free(predicted);
        return 100.0 * correct / all.length;
    }

    float[] weights() {
        return network.weights();
    }

    private Slot load(Digits from, int[] indices, int first, int rows) {
        Slot slot = slots.get(batches++ % slots.size());
        slot.load(from, indices, first, rows, copying, computing);
        return slot;
    }

    @Override
    public void close() {
        cuda.synchronize(computing);
        cuda.freeHost(hostTotal);
        cuda.free(total);
        slots.forEach(Slot::close);
        network.close();
        kernels.close();
        cuda.destroy(computing);
        cuda.destroy(copying);
    }
}
