package dev.cryo.lower.ptx.math;

/** Half precision on its bits; the packed form holds two of them in 32 bits. */
public final class HalfMath {
    private static final int NAN = 0x7fff;

    private HalfMath() {
    }

    /** To single precision. */
    public static float htof(int a) {
        return Float.float16ToFloat((short) a);
    }

    /** From single precision, rounded to nearest. */
    public static int ftoh(float a) {
        return Float.isNaN(a) ? NAN : Float.floatToFloat16(a) & 0xffff;
    }

    /** From single precision, rounded toward zero. */
    public static int ftohrz(float a) {
        int nearest = ftoh(a);
        if (Math.abs(htof(nearest)) > Math.abs(a)) {
            return nearest - 1;
        }
        return nearest;
    }

    /** From double precision, rounded once. */
    public static int dtoh(double a) {
        return ftoh(odd(a, 0));
    }

    /** The float that rounds to half as {@code high + low} would: inexact values get an odd last bit. */
    private static float odd(double high, double low) {
        float toward = Rounding.toFloat(high, low, Rounding.ZERO);
        double error = (high - toward) + low;
        if (error == 0 || Double.isNaN(error)) {
            return toward;
        }
        return Float.intBitsToFloat(Float.floatToRawIntBits(toward) | 1);
    }

    /** Sum. */
    public static int hadd(int a, int b) {
        return ftoh(htof(a) + htof(b));
    }

    /** Difference. */
    public static int hsub(int a, int b) {
        return ftoh(htof(a) - htof(b));
    }

    /** Product. */
    public static int hmul(int a, int b) {
        return ftoh(htof(a) * htof(b));
    }

    /** Product plus c, rounded once. */
    public static int hfma(int a, int b, int c) {
        double product = (double) htof(a) * htof(b);
        double addend = htof(c);
        double high = product + addend;
        double t = high - product;
        double low = (product - (high - t)) + (addend - t);
        return ftoh(Double.isNaN(high) || Double.isInfinite(high) ? (float) high : odd(high, low));
    }

    /** Negated. */
    public static int hneg(int a) {
        return a ^ 0x8000;
    }

    /** Absolute value. */
    public static int habs(int a) {
        return a & 0x7fff;
    }

    /** The lesser; a number wins against not-a-number. */
    public static int hmin(int a, int b) {
        return ftoh(FloatMath.fmin32(htof(a), htof(b)));
    }

    /** The greater; a number wins against not-a-number. */
    public static int hmax(int a, int b) {
        return ftoh(FloatMath.fmax32(htof(a), htof(b)));
    }

    /** Clamped to 0..1. */
    public static int hsat(int a) {
        return ftoh(FloatMath.fsat32(htof(a)));
    }

    /** Subnormal numbers become zero. */
    public static int hftz(int a) {
        return (a & 0x7c00) == 0 ? a & 0x8000 : a;
    }

    /** 2 to the power a. */
    public static int hex2(int a) {
        return ftoh(FloatMath.ex232(htof(a)));
    }

    /** Hyperbolic tangent. */
    public static int htanh(int a) {
        return ftoh(FloatMath.tanh32(htof(a)));
    }

    /** Two sums. */
    public static int hadd2(int a, int b) {
        return pack(hadd(a & 0xffff, b & 0xffff), hadd(a >>> 16, b >>> 16));
    }

    /** Two differences. */
    public static int hsub2(int a, int b) {
        return pack(hsub(a & 0xffff, b & 0xffff), hsub(a >>> 16, b >>> 16));
    }

    /** Two products. */
    public static int hmul2(int a, int b) {
        return pack(hmul(a & 0xffff, b & 0xffff), hmul(a >>> 16, b >>> 16));
    }

    /** Two products plus c. */
    public static int hfma2(int a, int b, int c) {
        return pack(hfma(a & 0xffff, b & 0xffff, c & 0xffff), hfma(a >>> 16, b >>> 16, c >>> 16));
    }

    /** Two negations. */
    public static int hneg2(int a) {
        return a ^ 0x80008000;
    }

    /** Two absolute values. */
    public static int habs2(int a) {
        return a & 0x7fff7fff;
    }

    /** Two minima. */
    public static int hmin2(int a, int b) {
        return pack(hmin(a & 0xffff, b & 0xffff), hmin(a >>> 16, b >>> 16));
    }

    /** Two maxima. */
    public static int hmax2(int a, int b) {
        return pack(hmax(a & 0xffff, b & 0xffff), hmax(a >>> 16, b >>> 16));
    }

    /** Two clamped values. */
    public static int hsat2(int a) {
        return pack(hsat(a & 0xffff), hsat(a >>> 16));
    }

    /** Two flushed values. */
    public static int hftz2(int a) {
        return pack(hftz(a & 0xffff), hftz(a >>> 16));
    }

    private static int pack(int low, int high) {
        return low | high << 16;
    }
}
