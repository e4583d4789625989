package dev.cryo.lower.ptx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** When memory that two devices have computed is the same. */
sealed interface Sameness {
    /** Every bit. */
    record Exact() implements Sameness {}

    /** Every bit, in slots of 8 bytes, but that one NaN of a type is as good as another. */
    record ButForNan(String type) implements Sameness {}

    /** Floats, within a relative or an absolute error. */
    record Within(double relative, double absolute) implements Sameness {}

    /** The first difference in words; empty if there is none. */
    default String difference(byte[] expected, byte[] actual) {
        int step = this instanceof Within ? 4 : 8;
        ByteBuffer left = padded(expected);
        ByteBuffer right = padded(actual);
        for (int at = 0; at < left.capacity(); at += step) {
            String difference = switch (this) {
                case Exact() -> difference(left.getLong(at), right.getLong(at));
                case ButForNan(String type) -> isNan(type, left.getLong(at), right.getLong(at))
                        ? ""
                        : difference(left.getLong(at), right.getLong(at));
                case Within(double relative, double absolute) ->
                    difference(left.getFloat(at), right.getFloat(at), relative, absolute);
            };
            if (!difference.isEmpty()) {
                return "at offset %d (8-byte slot %d): %s".formatted(at, at / 8, difference);
            }
        }
        return "";
    }

    private static ByteBuffer padded(byte[] bytes) {
        return ByteBuffer.allocate((bytes.length + 7) / 8 * 8).put(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static String difference(long expected, long actual) {
        return expected == actual ? "" : "%016x instead of %016x".formatted(actual, expected);
    }

    private static boolean isNan(String type, long expected, long actual) {
        int width = Operand.width(type);
        boolean restIsSame = width == 64 || expected >>> width == actual >>> width;
        return restIsSame && Operand.bothNan(type, Operand.bits(type, expected), Operand.bits(type, actual));
    }

    private static String difference(float expected, float actual, double relative, double absolute) {
        if (Float.compare(expected, actual) == 0) {
            return "";
        }
        double error = Math.abs((double) actual - expected);
        return error <= absolute || error <= relative * Math.abs((double) expected)
                ? ""
                : "%s instead of %s".formatted(actual, expected);
    }
}
