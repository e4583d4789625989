package dev.cryo.lower.ptx.math;

/** Double precision. */
public final class DoubleMath {
    private static final double NAN = Double.longBitsToDouble(0x7fffffffffffffffL);

    private DoubleMath() {
    }

    /** a * b + c, rounded once. */
    @Lanewise
    public static double fma64(double a, double b, double c) {
        return Math.fma(a, b, c);
    }

    /** Square root. */
    @Lanewise
    public static double sqrt64(double a) {
        return Math.sqrt(a);
    }

    /** 1 / a. */
    @Lanewise
    public static double rcp64(double a) {
        return 1.0 / a;
    }

    /** 1 / square root of a. */
    @Lanewise(cost = 2)
    public static double rsqrt64(double a) {
        return 1.0 / Math.sqrt(a);
    }

    /** 1 / a as rcp.approx.ftz.f64 gives it: only the upper half of the result is kept. */
    public static double rcpapprox64(double a) {
        return upper(1.0 / flushed(a));
    }

    /** 1 / square root of a as rsqrt.approx.ftz.f64 gives it: only the upper half of the result is kept. */
    public static double rsqrtapprox64(double a) {
        return upper(1.0 / Math.sqrt(flushed(a)));
    }

    private static double flushed(double a) {
        return Math.abs(a) < Double.MIN_NORMAL ? Math.copySign(0.0, a) : a;
    }

    private static double upper(double a) {
        double kept = Double.longBitsToDouble(Double.doubleToRawLongBits(a) & 0xffffffff00000000L);
        return Double.isNaN(a) ? NAN : flushed(kept);
    }

    /** Absolute value. */
    @Lanewise
    public static double fabs64(double a) {
        return Math.abs(a);
    }

    /** The lesser; a number wins against not-a-number. */
    public static double fmin64(double a, double b) {
        if (Double.isNaN(a)) {
            return Double.isNaN(b) ? NAN : b;
        }
        return Double.isNaN(b) ? a : Math.min(a, b);
    }

    /** The greater; a number wins against not-a-number. */
    public static double fmax64(double a, double b) {
        if (Double.isNaN(a)) {
            return Double.isNaN(b) ? NAN : b;
        }
        return Double.isNaN(b) ? a : Math.max(a, b);
    }

    /** Clamped to 0..1; not-a-number becomes 0. */
    public static double fsat64(double a) {
        return a > 0.0 ? Math.min(a, 1.0) : 0.0;
    }

    /** The bits of b with the sign of a. */
    @Lanewise(cost = 3)
    public static long copysign64(long a, long b) {
        return (a & Long.MIN_VALUE) | (b & Long.MAX_VALUE);
    }

    /** a less than b, ordered. */
    public static int flt64(double a, double b) {
        return a < b ? -1 : 0;
    }

    /** a less than or equal to b, ordered. */
    public static int fle64(double a, double b) {
        return a <= b ? -1 : 0;
    }

    /** a == b, ordered. */
    public static int feq64(double a, double b) {
        return a == b ? -1 : 0;
    }

    /** a != b, ordered. */
    public static int fne64(double a, double b) {
        return a < b || a > b ? -1 : 0;
    }

    /** Neither is not-a-number. */
    public static int fnum64(double a, double b) {
        return !Double.isNaN(a) && !Double.isNaN(b) ? -1 : 0;
    }

    /** The property {@code kind} of a, numbered as for single precision. */
    public static int testp64(double a, int kind) {
        return property(a, Double.MIN_NORMAL, kind) ? -1 : 0;
    }

    static boolean property(double a, double minNormal, int kind) {
        double size = Math.abs(a);
        return switch (kind) {
            case 0 -> size < Double.POSITIVE_INFINITY;
            case 1 -> size == Double.POSITIVE_INFINITY;
            case 2 -> !Double.isNaN(a);
            case 3 -> Double.isNaN(a);
            case 4 -> size >= minNormal && size < Double.POSITIVE_INFINITY;
            default -> size > 0 && size < minNormal;
        };
    }

    /** Sum, rounded toward zero. */
    public static double faddrz64(double a, double b) {
        return Rounding.fused(1.0, a, b, Rounding.ZERO);
    }

    /** Difference, rounded toward zero. */
    public static double fsubrz64(double a, double b) {
        return Rounding.fused(1.0, a, -b, Rounding.ZERO);
    }

    /** Product, rounded toward zero. */
    public static double fmulrz64(double a, double b) {
        return Rounding.product(a, b, Rounding.ZERO);
    }

    /** Product plus c, rounded toward zero. */
    public static double fmarz64(double a, double b, double c) {
        return Rounding.fused(a, b, c, Rounding.ZERO);
    }

    /** Quotient, rounded toward zero. */
    public static double fdivrz64(double a, double b) {
        return Rounding.quotient64(a, b, Rounding.ZERO);
    }

    /** Square root, rounded toward zero. */
    public static double fsqrtrz64(double a) {
        return Rounding.root64(a, Rounding.ZERO);
    }

    /** Sum, rounded down. */
    public static double faddrm64(double a, double b) {
        return Rounding.fused(1.0, a, b, Rounding.DOWN);
    }

    /** Difference, rounded down. */
    public static double fsubrm64(double a, double b) {
        return Rounding.fused(1.0, a, -b, Rounding.DOWN);
    }

    /** Product, rounded down. */
    public static double fmulrm64(double a, double b) {
        return Rounding.product(a, b, Rounding.DOWN);
    }

    /** Product plus c, rounded down. */
    public static double fmarm64(double a, double b, double c) {
        return Rounding.fused(a, b, c, Rounding.DOWN);
    }

    /** Quotient, rounded down. */
    public static double fdivrm64(double a, double b) {
        return Rounding.quotient64(a, b, Rounding.DOWN);
    }

    /** Square root, rounded down. */
    public static double fsqrtrm64(double a) {
        return Rounding.root64(a, Rounding.DOWN);
    }

    /** Sum, rounded up. */
    public static double faddrp64(double a, double b) {
        return Rounding.fused(1.0, a, b, Rounding.UP);
    }

    /** Difference, rounded up. */
    public static double fsubrp64(double a, double b) {
        return Rounding.fused(1.0, a, -b, Rounding.UP);
    }

    /** Product, rounded up. */
    public static double fmulrp64(double a, double b) {
        return Rounding.product(a, b, Rounding.UP);
    }

    /** Product plus c, rounded up. */
    public static double fmarp64(double a, double b, double c) {
        return Rounding.fused(a, b, c, Rounding.UP);
    }

    /** Quotient, rounded up. */
    public static double fdivrp64(double a, double b) {
        return Rounding.quotient64(a, b, Rounding.UP);
    }

    /** Square root, rounded up. */
    public static double fsqrtrp64(double a) {
        return Rounding.root64(a, Rounding.UP);
    }
}
