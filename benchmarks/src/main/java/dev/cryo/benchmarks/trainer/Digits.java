package dev.cryo.benchmarks.trainer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Labelled images of handwritten digits.
 *
 * @param images the pixels of all images, {@value #PIXELS} each, row by row, in 0 to 1
 * @param labels the digit of each image, 0 to 9
 */
record Digits(float[] images, int[] labels) {
    static final int PIXELS = 64;
    static final int CLASSES = 10;
    static final int TRAINING_IMAGES = 1437;
    /** Separates training from test images; fixed, so that accuracies of different seeds compare. */
    private static final long SPLIT_SEED = 1998;

    private static final String RESOURCE = "digits.csv.gz";

    /** Two disjoint sets that together are all 1797 images. */
    record Split(Digits training, Digits test) {}

    int count() {
        return labels.length;
    }

    static Split load() throws IOException {
        Digits all = read();
        int[] order = IntStream.range(0, all.count()).toArray();
        new SplitMix(SPLIT_SEED).shuffle(order);
        return new Split(all.pick(order, 0, TRAINING_IMAGES), all.pick(order, TRAINING_IMAGES, order.length));
    }

    private static Digits read() throws IOException {
        try (@Nullable InputStream packed = Digits.class.getResourceAsStream(RESOURCE)) {
            if (packed == null) {
                throw new IOException("resource " + RESOURCE + " is missing beside " + Digits.class.getName());
            }
            var text = new InputStreamReader(new GZIPInputStream(packed), StandardCharsets.US_ASCII);
            return parse(new BufferedReader(text).lines().toList());
        }
    }

    private static Digits parse(List<String> lines) throws IOException {
        float[] images = new float[lines.size() * PIXELS];
        int[] labels = new int[lines.size()];
        for (int line = 0; line < labels.length; line++) {
            String[] fields = lines.get(line).split(",");
            if (fields.length != PIXELS + 1) {
                throw new IOException(RESOURCE + " line " + (line + 1) + ": " + fields.length + " fields, not 65");
            }
            for (int pixel = 0; pixel < PIXELS; pixel++) {
                images[line * PIXELS + pixel] = Integer.parseInt(fields[pixel]) / 16.0f;
            }
            labels[line] = Integer.parseInt(fields[PIXELS]);
        }
        return new Digits(images, labels);
    }

    private Digits pick(int[] order, int from, int to) {
        float[] picked = new float[(to - from) * PIXELS];
        int[] pickedLabels = new int[to - from];
        for (int i = from; i < to; i++) {
            System.arraycopy(images, order[i] * PIXELS, picked, (i - from) * PIXELS, PIXELS);
            pickedLabels[i - from] = labels[order[i]];
        }
        return new Digits(picked, pickedLabels);
    }
}
