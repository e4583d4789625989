package dev.cryo.benchmarks.trainer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Where the parts of the network lie in one array of floats; gradients and velocities have the same layout.
 *
 * <pre>
 *   | first weights 64 x hidden | first bias hidden | second weights hidden x 10 | second bias 10 |
 * </pre>
 */
record Layout(int hidden) {
    int firstWeights() {
        return 0;
    }

    int firstBias() {
        return Digits.PIXELS * hidden;
    }

    int secondWeights() {
        return firstBias() + hidden;
    }

    int secondBias() {
        return secondWeights() + hidden * Digits.CLASSES;
    }

    int count() {
        return secondBias() + Digits.CLASSES;
    }

    /** Weights uniform within the bound of Glorot and Bengio (2010), biases zero. */
    float[] initialWeights(SplitMix random) {
        float[] weights = new float[count()];
        fill(weights, firstWeights(), firstBias(), Digits.PIXELS + hidden, random);
        fill(weights, secondWeights(), secondBias(), hidden + Digits.CLASSES, random);
        return weights;
    }

    private static void fill(float[] weights, int from, int to, int fans, SplitMix random) {
        float bound = (float) Math.sqrt(6.0 / fans);
        for (int i = from; i < to; i++) {
            weights[i] = random.nextFloat(bound);
        }
    }

    /** SHA-256 of the weights as little-endian IEEE 754 words, in lower-case hexadecimal. */
    static String sha256(float[] weights) {
        ByteBuffer bytes = ByteBuffer.allocate(weights.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(weights);
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
