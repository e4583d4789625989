package dev.cryo.lower.ptx.math;

import java.math.BigDecimal;

/**
 * Directed rounding: the result rounded to nearest is moved by one unit when the exact value lies on the wrong side.
 */
final class Rounding {
    static final int NEAREST = 0;
    static final int ZERO = 1;
    static final int DOWN = 2;
    static final int UP = 3;

    private Rounding() {
    }

    /** The float for the exact value {@code high + low}, where {@code high} is the sum rounded to double. */
    static float toFloat(double high, double low, int mode) {
        float nearest = (float) high;
        if (mode == NEAREST || Double.isNaN(high) || Double.isInfinite(high)) {
            return nearest;
        }
        // Exact: nearest is within half a unit of high, or infinite.
        double error = (high - nearest) + low;
        return switch (direction(mode, high)) {
            case DOWN -> error < 0 ? Math.nextDown(nearest) : nearest;
            default -> error > 0 ? Math.nextUp(nearest) : nearest;
        };
    }

    private static int direction(int mode, double value) {
        if (mode == ZERO) {
            return value < 0 ? UP : DOWN;
        }
        return mode;
    }

    /** a + b for doubles that hold floats or products of floats. */
    static float sum(double a, double b, int mode) {
        double high = a + b;
        if (high == 0 && mode == DOWN && a == -b && !(a == 0 && 1 / a > 0 && 1 / b > 0)) {
            return -0.0f;
        }
        double t = high - a;
        double low = (a - (high - t)) + (b - t);
        return toFloat(high, low, mode);
    }

    static float quotient(float a, float b, int mode) {
        double high = (double) a / b;
        // The remainder says on which side of the rounded quotient the exact one lies; only its sign matters.
        double remainder = Math.fma(-high, b, a);
        double low = Double.isFinite(high) && b != 0 ? Math.copySign(tiny(high), remainder * b) : 0;
        return toFloat(high, remainder == 0 ? 0 : low, mode);
    }

    static float root(float a, int mode) {
        double high = Math.sqrt(a);
        double remainder = Math.fma(-high, high, a);
        return toFloat(high, remainder == 0 || !Double.isFinite(high) ? 0 : Math.copySign(tiny(high), remainder), mode);
    }

    private static double tiny(double value) {
        return Math.ulp(value) * 0.25;
    }

    static double product(double a, double b, int mode) {
        double nearest = a * b;
        if (!finite(a, b) || a == 0 || b == 0) {
            return nearest;
        }
        return adjust(nearest, new BigDecimal(a).multiply(new BigDecimal(b)), mode);
    }

    static double fused(double a, double b, double c, int mode) {
        double nearest = Math.fma(a, b, c);
        if (!finite(a, b) || Double.isInfinite(c) || Double.isNaN(c)) {
            return nearest;
        }
        BigDecimal exact = new BigDecimal(a).multiply(new BigDecimal(b)).add(new BigDecimal(c));
        if (exact.signum() == 0) {
            double product = a * b;
            boolean opposite = Math.copySign(1, a) * Math.copySign(1, b) != Math.copySign(1, c);
            return opposite || product != -c ? (mode == DOWN ? -0.0 : 0.0) : nearest;
        }
        return adjust(nearest, exact, mode);
    }

    static double quotient64(double a, double b, int mode) {
        double nearest = a / b;
        if (!finite(a, b) || a == 0 || b == 0) {
            return nearest;
        }
        if (Double.isInfinite(nearest)) {
            return overflow(nearest, mode);
        }
        BigDecimal left = new BigDecimal(nearest).multiply(new BigDecimal(Math.abs(b)));
        BigDecimal right = new BigDecimal(b < 0 ? -a : a);
        return moved(nearest, right.compareTo(left), mode, Math.copySign(1, a) * Math.copySign(1, b));
    }

    static double root64(double a, int mode) {
        double nearest = Math.sqrt(a);
        if (!(a > 0) || Double.isInfinite(a)) {
            return nearest;
        }
        BigDecimal root = new BigDecimal(nearest);
        return moved(nearest, new BigDecimal(a).compareTo(root.multiply(root)), mode, 1);
    }

    /** A long as double; {@code unsigned} longs too. */
    static double toDouble(long value, boolean unsigned, int mode) {
        BigDecimal exact = exact(value, unsigned);
        return value == 0 ? 0 : adjust(exact.doubleValue(), exact, mode);
    }

    /** A long as float; {@code unsigned} longs too. */
    static float toFloat(long value, boolean unsigned, int mode) {
        BigDecimal exact = exact(value, unsigned);
        float nearest = exact.floatValue();
        int side = exact.compareTo(new BigDecimal(nearest));
        return switch (direction(mode, nearest)) {
            case NEAREST -> nearest;
            case DOWN -> side < 0 ? Math.nextDown(nearest) : nearest;
            default -> side > 0 ? Math.nextUp(nearest) : nearest;
        };
    }

    private static BigDecimal exact(long value, boolean unsigned) {
        return new BigDecimal(unsigned ? Long.toUnsignedString(value) : Long.toString(value));
    }

    private static double adjust(double nearest, BigDecimal exact, int mode) {
        if (Double.isInfinite(nearest)) {
            return overflow(nearest, mode);
        }
        return moved(nearest, exact.compareTo(new BigDecimal(nearest)), mode, exact.signum());
    }

    private static double moved(double nearest, int side, int mode, double sign) {
        if (mode == NEAREST) {
            return nearest;
        }
        boolean down = mode == DOWN || mode == ZERO && sign > 0;
        if (down) {
            return side < 0 ? zero(Math.nextDown(nearest), sign) : nearest;
        }
        return side > 0 ? zero(Math.nextUp(nearest), sign) : nearest;
    }

    private static double zero(double value, double sign) {
        return value == 0 ? Math.copySign(0.0, sign) : value;
    }

    private static double overflow(double infinite, int mode) {
        boolean up = mode == UP || mode == ZERO && infinite < 0;
        boolean down = mode == DOWN || mode == ZERO && infinite > 0;
        if (infinite > 0 && down) {
            return Double.MAX_VALUE;
        }
        return infinite < 0 && up ? -Double.MAX_VALUE : infinite;
    }

    private static boolean finite(double a, double b) {
        return Double.isFinite(a) && Double.isFinite(b);
    }
}
