package dev.cryo.lower.ptx.math;

/** Single precision. Where PTX says approximate, the value is computed in double precision and rounded. */
public final class FloatMath {
    private static final float NAN = Float.intBitsToFloat(0x7fffffff);
    private static final double LN2 = 0.6931471805599453;

    private FloatMath() {
    }

    /** a * b + c, rounded once. */
    @Lanewise
    public static float fma32(float a, float b, float c) {
        return Math.fma(a, b, c);
    }

    /** Square root. */
    @Lanewise
    public static float sqrt32(float a) {
        return (float) Math.sqrt(a);
    }

    /** 1 / a. */
    @Lanewise
    public static float rcp32(float a) {
        return 1.0f / a;
    }

    /** 1 / square root of a, within one unit in the last place. */
    @Lanewise(cost = 2)
    public static float rsqrt32(float a) {
        return 1.0f / (float) Math.sqrt(a);
    }

    /** Absolute value. */
    @Lanewise
    public static float fabs32(float a) {
        return Math.abs(a);
    }

    /** Subnormal numbers become zero of the same sign. */
    public static float ftz32(float a) {
        return Math.abs(a) < Float.MIN_NORMAL ? Math.copySign(0.0f, a) : a;
    }

    /** Clamped to 0..1; not-a-number becomes 0. */
    public static float fsat32(float a) {
        return a > 0.0f ? Math.min(a, 1.0f) : 0.0f;
    }

    /** The lesser; a number wins against not-a-number. */
    public static float fmin32(float a, float b) {
        if (Float.isNaN(a)) {
            return Float.isNaN(b) ? NAN : b;
        }
        return Float.isNaN(b) ? a : Math.min(a, b);
    }

    /** The greater; a number wins against not-a-number. */
    public static float fmax32(float a, float b) {
        if (Float.isNaN(a)) {
            return Float.isNaN(b) ? NAN : b;
        }
        return Float.isNaN(b) ? a : Math.max(a, b);
    }

    /** The lesser, or not-a-number when either is. */
    public static float fminnan32(float a, float b) {
        return Float.isNaN(a) || Float.isNaN(b) ? NAN : Math.min(a, b);
    }

    /** The greater, or not-a-number when either is. */
    public static float fmaxnan32(float a, float b) {
        return Float.isNaN(a) || Float.isNaN(b) ? NAN : Math.max(a, b);
    }

    /** The bits of b with the sign of a. */
    @Lanewise(cost = 3)
    public static int copysign32(int a, int b) {
        return (a & 0x80000000) | (b & 0x7fffffff);
    }

    /** 2 to the power a. */
    public static float ex232(float a) {
        return (float) Math.exp(a * LN2);
    }

    /** Logarithm to the base 2. */
    public static float lg232(float a) {
        int exponent = Math.getExponent(a);
        if (a > 0 && a == Math.scalb(1.0f, exponent)) {
            return exponent;
        }
        return (float) (Math.log(a) / LN2);
    }

    /** Sine. */
    public static float sin32(float a) {
        return (float) Math.sin(a);
    }

    /** Cosine. */
    public static float cos32(float a) {
        return (float) Math.cos(a);
    }

    /** Hyperbolic tangent. */
    public static float tanh32(float a) {
        return (float) Math.tanh(a);
    }

    // A comparison with not-a-number is false when ordered and true when unordered. The difference of two floats is
    // zero only if they are equal, thanks to subnormal numbers; equal infinities give not-a-number and so no sign.

    /** a less than b, ordered. */
    @Lanewise(cost = 4)
    public static int flt32(float a, float b) {
        return (int) Math.signum(a - b) >> 31;
    }

    /** a less than or equal to b, ordered. */
    public static int fle32(float a, float b) {
        return a <= b ? -1 : 0;
    }

    /** a == b, ordered. */
    public static int feq32(float a, float b) {
        return a == b ? -1 : 0;
    }

    /** a != b, ordered. */
    public static int fne32(float a, float b) {
        return a < b || a > b ? -1 : 0;
    }

    /** Neither is not-a-number. */
    public static int fnum32(float a, float b) {
        return !Float.isNaN(a) && !Float.isNaN(b) ? -1 : 0;
    }

    /** The property {@code kind} of a: 0 finite, 1 infinite, 2 number, 3 not-a-number, 4 normal, 5 subnormal. */
    public static int testp32(float a, int kind) {
        return DoubleMath.property(a, Float.MIN_NORMAL, kind) ? -1 : 0;
    }

    /** Sum, rounded toward zero. */
    public static float faddrz32(float a, float b) {
        return Rounding.sum(a, b, Rounding.ZERO);
    }

    /** Difference, rounded toward zero. */
    public static float fsubrz32(float a, float b) {
        return Rounding.sum(a, -b, Rounding.ZERO);
    }

    /** Product, rounded toward zero. */
    public static float fmulrz32(float a, float b) {
        return Rounding.toFloat((double) a * b, 0, Rounding.ZERO);
    }

    /** Product plus c, rounded toward zero. */
    public static float fmarz32(float a, float b, float c) {
        return Rounding.sum((double) a * b, c, Rounding.ZERO);
    }

    /** Quotient, rounded toward zero. */
    public static float fdivrz32(float a, float b) {
        return Rounding.quotient(a, b, Rounding.ZERO);
    }

    /** Square root, rounded toward zero. */
    public static float fsqrtrz32(float a) {
        return Rounding.root(a, Rounding.ZERO);
    }

    /** Sum, rounded down. */
    public static float faddrm32(float a, float b) {
        return Rounding.sum(a, b, Rounding.DOWN);
    }

    /** Difference, rounded down. */
    public static float fsubrm32(float a, float b) {
        return Rounding.sum(a, -b, Rounding.DOWN);
    }

    /** Product, rounded down. */
    public static float fmulrm32(float a, float b) {
        return Rounding.toFloat((double) a * b, 0, Rounding.DOWN);
    }

    /** Product plus c, rounded down. */
    public static float fmarm32(float a, float b, float c) {
        return Rounding.sum((double) a * b, c, Rounding.DOWN);
    }

    /** Quotient, rounded down. */
    public static float fdivrm32(float a, float b) {
        return Rounding.quotient(a, b, Rounding.DOWN);
    }

    /** Square root, rounded down. */
    public static float fsqrtrm32(float a) {
        return Rounding.root(a, Rounding.DOWN);
    }

    /** Sum, rounded up. */
    public static float faddrp32(float a, float b) {
        return Rounding.sum(a, b, Rounding.UP);
    }

    /** Difference, rounded up. */
    public static float fsubrp32(float a, float b) {
        return Rounding.sum(a, -b, Rounding.UP);
    }

    /** Product, rounded up. */
    public static float fmulrp32(float a, float b) {
        return Rounding.toFloat((double) a * b, 0, Rounding.UP);
    }

    /** Product plus c, rounded up. */
    public static float fmarp32(float a, float b, float c) {
        return Rounding.sum((double) a * b, c, Rounding.UP);
    }

    /** Quotient, rounded up. */
    public static float fdivrp32(float a, float b) {
        return Rounding.quotient(a, b, Rounding.UP);
    }

    /** Square root, rounded up. */
    public static float fsqrtrp32(float a) {
        return Rounding.root(a, Rounding.UP);
    }
}
