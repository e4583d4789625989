package dev.cryo.lower.ptx;

import java.util.Random;

/** Random operands with many special ones, and how bits of a type are looked at. */
final class Operand {
    private static final long[] DOUBLES = {0, Long.MIN_VALUE, 0x3ff0000000000000L, 0xbff0000000000000L,
        0x7ff0000000000000L, 0xfff0000000000000L, 0x7ff8000000000000L, 1, 0x000fffffffffffffL, 0x0010000000000000L,
        0x7fefffffffffffffL, 0x8000000000000001L, 0x3fe0000000000000L, 0x4004000000000000L, 0x41dfffffffc00000L,
        0x41efffffffe00000L, 0x43e0000000000000L, 0x43f0000000000000L, 0xc1e0000000000000L, 0x3ff8000000000000L};

    private Operand() {
    }

    static int width(String type) {
        return switch (type) {
            case "pred" -> 1;
            case "f16x2" -> 32;
            default -> Integer.parseInt(type.substring(1));
        };
    }

    static long bits(String type, long value) {
        int width = width(type);
        return width == 64 ? value : value & (1L << width) - 1;
    }

    static boolean bothNan(String type, long a, long b) {
        return switch (type) {
            case "f32" -> Float.isNaN(Float.intBitsToFloat((int) a)) && Float.isNaN(Float.intBitsToFloat((int) b));
            case "f64" -> Double.isNaN(Double.longBitsToDouble(a)) && Double.isNaN(Double.longBitsToDouble(b));
            case "f16" -> (a & 0x7fff) > 0x7c00 && (b & 0x7fff) > 0x7c00;
            default -> false;
        };
    }

    static long random(String type, Random random) {
        return switch (type) {
            case "pred" -> random.nextInt(2);
            case "f32" -> single(random);
            case "f64" -> random.nextInt(3) == 0 ? DOUBLES[random.nextInt(DOUBLES.length)]
                    : random.nextBoolean() ? Double.doubleToRawLongBits(random.nextGaussian() * 1000)
                    : random.nextLong();
            case "f16" -> random.nextInt(0x10000);
            default -> integer(width(type), random);
        };
    }

    private static long single(Random random) {
        int choice = random.nextInt(4);
        if (choice == 0) {
            double value = Double.longBitsToDouble(DOUBLES[random.nextInt(DOUBLES.length)]);
            return Float.floatToRawIntBits((float) value) & 0xffffffffL;
        }
        if (choice == 1) {
            return random.nextInt() & 0xffffffffL;
        }
        if (choice == 2) {
            return Float.floatToRawIntBits((float) (random.nextGaussian() * Math.scalb(1.0, random.nextInt(60) - 20)))
                    & 0xffffffffL;
        }
        // Subnormal numbers and their neighbours.
        return random.nextInt(0x01000000) | (random.nextBoolean() ? 0x80000000L : 0);
    }

    private static long integer(int width, Random random) {
        long value = switch (random.nextInt(6)) {
            case 0 -> 0;
            case 1 -> -1;
            case 2 -> 1L << width - 1;
            case 3 -> (1L << width - 1) - 1;
            case 4 -> random.nextInt(80);
            default -> random.nextLong() >> random.nextInt(64);
        };
        return width == 64 ? value : value & (1L << width) - 1;
    }
}
