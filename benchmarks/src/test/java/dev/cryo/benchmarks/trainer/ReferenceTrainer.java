package dev.cryo.benchmarks.trainer;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The trainer in plain Java: every sum in the order of the kernels and every rounding as theirs, so that its results
 * are those of the device to the last bit.
 */
public final class ReferenceTrainer {
    private static final int CLASSES = Digits.CLASSES;
    private static final int PIXELS = Digits.PIXELS;
    private static final int WARP = 32;
    private static final int BLOCK = 256;

    private final TrainerOptions options;
    private final Layout layout;
    private final Digits.Split digits;
    private final SplitMix random;
    private final float[] weights;
    private final float[] velocity;
    private final float[] gradient;
    private final float[] hidden;
    private final float[] hiddenGradient;
    private final float[] logits;
    private final float[] logitsGradient;
    private final float[] images;
    private final int[] labels;
    private final int[] order;

    /**
     * What a training gives.
     *
     * @param losses mean loss of each epoch
     * @param accuracy on the test images, in percent
     * @param sha256 of the weights, as the trainer prints it
     */
    public record Result(List<Float> losses, double accuracy, String sha256) {}

    private ReferenceTrainer(TrainerOptions options) throws IOException {
        this.options = options;
        layout = new Layout(options.hidden());
        digits = Digits.load();
        random = new SplitMix(options.seed());
        weights = layout.initialWeights(random);
        velocity = new float[layout.count()];
        gradient = new float[layout.count()];
        hidden = new float[options.batch() * layout.hidden()];
        hiddenGradient = new float[hidden.length];
        logits = new float[options.batch() * CLASSES];
        logitsGradient = new float[logits.length];
        images = new float[options.batch() * PIXELS];
        labels = new int[options.batch()];
        order = IntStream.range(0, digits.training().count()).toArray();
    }

    /** Trains with the options of the trainer's command line. */
    public static Result train(String... args) throws IOException {
        TrainerOptions options = TrainerOptions.parse(args);
        var trainer = new ReferenceTrainer(options);
        List<Float> losses = new ArrayList<>();
        for (int epoch = 0; epoch < options.epochs(); epoch++) {
            losses.add(trainer.epoch());
        }
        return new Result(losses, trainer.accuracy(), Layout.sha256(trainer.weights));
    }

    private float epoch() {
        random.shuffle(order);
        float total = 0;
        for (int from = 0; from < order.length; from += options.batch()) {
            int rows = Math.min(options.batch(), order.length - from);
            load(digits.training(), order, from, rows);
            forward(rows);
            total += softmax(rows);
            backward(rows);
            for (int i = 0; i < weights.length; i++) {
                velocity[i] = Math.fma(Network.MOMENTUM, velocity[i], gradient[i]);
                weights[i] = Math.fma(-Network.RATE, velocity[i], weights[i]);
            }
        }
        return total / order.length;
    }

    private double accuracy() {
        int[] all = IntStream.range(0, digits.test().count()).toArray();
        int correct = 0;
        for (int from = 0; from < all.length; from += options.batch()) {
            int rows = Math.min(options.batch(), all.length - from);
            load(digits.test(), all, from, rows);
            forward(rows);
            for (int row = 0; row < rows; row++) {
                correct += argmax(row) == labels[row] ? 1 : 0;
            }
        }
        return 100.0 * correct / all.length;
    }

    private void load(Digits from, int[] indices, int first, int rows) {
        for (int row = 0; row < rows; row++) {
            int index = indices[first + row];
            System.arraycopy(from.images(), index * PIXELS, images, row * PIXELS, PIXELS);
            labels[row] = from.labels()[index];
        }
    }

    private void forward(int rows) {
        int width = layout.hidden();
        Matrix first = Matrix.of(weights, layout.firstWeights(), width);
        Matrix second = Matrix.of(weights, layout.secondWeights(), CLASSES);
        product(Matrix.of(images, 0, PIXELS), first, hidden, 0, rows, width, PIXELS);
        addBias(hidden, layout.firstBias(), rows, width);
        for (int i = 0; i < rows * width; i++) {
            hidden[i] = hidden[i] > 0 ? hidden[i] : 0;
        }
        product(Matrix.of(hidden, 0, width), second, logits, 0, rows, CLASSES, width);
        addBias(logits, layout.secondBias(), rows, CLASSES);
    }

    private void backward(int rows) {
        int width = layout.hidden();
        Matrix logitsRows = Matrix.of(logitsGradient, 0, CLASSES);
        Matrix second = Matrix.of(weights, layout.secondWeights(), CLASSES);
        Matrix hiddenRows = Matrix.of(hidden, 0, width);
        product(hiddenRows.transposed(), logitsRows, gradient, layout.secondWeights(), width, CLASSES, rows);
        columnSums(logitsGradient, layout.secondBias(), rows, CLASSES);
        product(logitsRows, second.transposed(), hiddenGradient, 0, rows, width, CLASSES);
        for (int i = 0; i < rows * width; i++) {
            hiddenGradient[i] = hidden[i] > 0 ? hiddenGradient[i] : 0;
        }
        Matrix imageRows = Matrix.of(images, 0, PIXELS);
        Matrix hiddenGradientRows = Matrix.of(hiddenGradient, 0, width);
        product(imageRows.transposed(), hiddenGradientRows, gradient, layout.firstWeights(), PIXELS, width, rows);
        columnSums(hiddenGradient, layout.firstBias(), rows, width);
    }

    /** A matrix inside an array: where it starts, and how far apart its rows and its columns are. */
    private record Matrix(float[] data, int start, int rowStride, int columnStride) {
        static Matrix of(float[] data, int start, int columns) {
            return new Matrix(data, start, columns, 1);
        }

        Matrix transposed() {
            return new Matrix(data, start, columnStride, rowStride);
        }
    }

    /** c (m x n) = a b, each element summed in ascending order of the k columns of a. */
    private static void product(Matrix a, Matrix b, float[] c, int start, int m, int n, int k) {
        Arrays.fill(c, start, start + m * n, 0);
        float[] right = b.data;
        int stride = b.columnStride;
        for (int i = 0; i < m; i++) {
            int out = start + i * n;
            for (int l = 0; l < k; l++) {
                float left = a.data[a.start + i * a.rowStride + l * a.columnStride];
                int from = b.start + l * b.rowStride;
                for (int j = 0; j < n; j++) {
                    c[out + j] = Math.fma(left, right[from + j * stride], c[out + j]);
                }
            }
        }
    }

    private void addBias(float[] z, int bias, int rows, int cols) {
        for (int i = 0; i < rows * cols; i++) {
            z[i] += weights[bias + i % cols];
        }
    }

    private void columnSums(float[] a, int out, int rows, int cols) {
        for (int col = 0; col < cols; col++) {
            float sum = 0;
            for (int row = 0; row < rows; row++) {
                sum += a[row * cols + col];
            }
            gradient[out + col] = sum;
        }
    }

    /** Sets the gradient of the logits and returns the summed loss of the rows. */
    private float softmax(int rows) {
        float[] losses = new float[rows];
        float[] e = new float[WARP];
        for (int row = 0; row < rows; row++) {
            float top = Float.NEGATIVE_INFINITY;
            for (int c = 0; c < CLASSES; c++) {
                top = Math.max(top, logits[row * CLASSES + c]);
            }
            for (int c = 0; c < CLASSES; c++) {
                e[c] = exponential(logits[row * CLASSES + c] - top);
            }
            float sum = warpSum(e, 0);
            for (int c = 0; c < CLASSES; c++) {
                float target = labels[row] == c ? 1 : 0;
                logitsGradient[row * CLASSES + c] = (e[c] / sum - target) / rows;
            }
            losses[row] = logarithm(sum) - (logits[row * CLASSES + labels[row]] - top);
        }
        return blockSum(losses);
    }

    private static float blockSum(float[] values) {
        float[] threads = new float[BLOCK];
        for (int i = 0; i < values.length; i++) {
            threads[i % BLOCK] += values[i];
        }
        float[] partial = new float[WARP];
        for (int warp = 0; warp < BLOCK / WARP; warp++) {
            partial[warp] = warpSum(threads, warp * WARP);
        }
        return warpSum(partial, 0);
    }

    /** The sum lane 0 has after adding the lane 16, 8, 4, 2 and 1 above. */
    private static float warpSum(float[] values, int from) {
        float[] lanes = Arrays.copyOfRange(values, from, from + WARP);
        for (int offset = WARP / 2; offset > 0; offset /= 2) {
            for (int lane = 0; lane < offset; lane++) {
                lanes[lane] += lanes[lane + offset];
            }
        }
        return lanes[0];
    }

    static float exponential(float x) {
        if (x < -87.0f) {
            return 0;
        }
        float n = Math.fma(x, 1.44269504f, 12582912.0f) - 12582912.0f;
        float r = Math.fma(n, -0.693145752f, x);
        r = Math.fma(n, -1.42860677e-6f, r);
        float p = 1.38888889e-3f;
        for (float c : new float[] {8.33333333e-3f, 4.16666667e-2f, 0.166666667f, 0.5f, 1, 1}) {
            p = Math.fma(p, r, c);
        }
        return p * Float.intBitsToFloat(((int) n + 127) << 23);
    }

    static float logarithm(float x) {
        int bits = Float.floatToRawIntBits(x);
        float e = (bits >> 23) - 127;
        float m = Float.intBitsToFloat((bits & 0x7fffff) | 0x3f800000);
        float s = (m - 1) / (m + 1);
        float q = s * s;
        float p = 0.0909090909f;
        for (float c : new float[] {0.111111111f, 0.142857143f, 0.2f, 0.333333333f, 1}) {
            p = Math.fma(p, q, c);
        }
        return Math.fma(e, 0.693147181f, (s + s) * p);
    }

    private int argmax(int row) {
        int best = 0;
        for (int c = 1; c < CLASSES; c++) {
            if (logits[row * CLASSES + c] > logits[row * CLASSES + best]) {
                best = c;
            }
        }
        return best;
    }
}
