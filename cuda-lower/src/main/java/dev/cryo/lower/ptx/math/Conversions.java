package dev.cryo.lower.ptx.math;

/**
 * Conversions between number types. Float to integer saturates. Not-a-number becomes 0, but where the source or the
 * result has 64 bits: there it becomes the highest bit of the result alone (PTX ISA, cvt).
 */
public final class Conversions {
    private Conversions() {
    }

    /** Saturated to 8 bits, signed. */
    public static int sats8(long a) {
        return (int) Math.clamp(a, Byte.MIN_VALUE, Byte.MAX_VALUE);
    }

    /** Saturated to 16 bits, signed. */
    public static int sats16(long a) {
        return (int) Math.clamp(a, Short.MIN_VALUE, Short.MAX_VALUE);
    }

    /** Saturated to 32 bits, signed. */
    public static int sats32(long a) {
        return (int) Math.clamp(a, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    /** Saturated to 8 bits, unsigned, from a signed value. */
    public static int satu8(long a) {
        return (int) Math.clamp(a, 0, 0xff);
    }

    /** Saturated to 16 bits, unsigned, from a signed value. */
    public static int satu16(long a) {
        return (int) Math.clamp(a, 0, 0xffff);
    }

    /** Saturated to 32 bits, unsigned, from a signed value. */
    public static int satu32(long a) {
        return (int) Math.clamp(a, 0, 0xffffffffL);
    }

    /** Saturated to the positive signed range of {@code bits} bits, or the unsigned one, from an unsigned value. */
    public static long satfromu64(long a, long max) {
        return Long.compareUnsigned(a, max) > 0 ? max : a;
    }

    /** Negative values become 0. */
    public static long satu64(long a) {
        return Math.max(a, 0);
    }

    /** An unsigned value, rounded to nearest. */
    public static float u64tof(long a) {
        if (a >= 0) {
            return a;
        }
        // Halved with a sticky bit, so that rounding happens once.
        return 2.0f * ((a >>> 1) | (a & 1));
    }

    /** An unsigned value, rounded to nearest. */
    public static double u64tod(long a) {
        if (a >= 0) {
            return a;
        }
        return 2.0 * ((a >>> 1) | (a & 1));
    }

    /** An unsigned value, rounded to nearest. */
    @Lanewise(cost = 6)
    public static double u32tod(int a) {
        return (double) (a ^ 0x80000000) + 2147483648.0;
    }

    /** An unsigned value, rounded to nearest. */
    @Lanewise(cost = 6)
    public static float u32tof(int a) {
        return (float) u32tod(a);
    }

    /** To signed 64 bits, toward zero. */
    public static long ftos64(float a) {
        return Float.isNaN(a) ? Long.MIN_VALUE : (long) a;
    }

    /** To signed 64 bits, toward zero. */
    public static long dtos64(double a) {
        return Double.isNaN(a) ? Long.MIN_VALUE : (long) a;
    }

    /** To signed 32 bits, toward zero. */
    public static int dtos32(double a) {
        return Double.isNaN(a) ? Integer.MIN_VALUE : (int) a;
    }

    /** To signed 16 bits, toward zero. */
    public static int dtos16(double a) {
        return sats16(dtos64(a));
    }

    /** To signed 8 bits, toward zero. */
    public static int dtos8(double a) {
        return sats8(dtos64(a));
    }

    /** To unsigned 8 bits, toward zero. */
    public static int dtou8(double a) {
        return Double.isNaN(a) ? 0x80 : satu8((long) a);
    }

    /** To unsigned 16 bits, toward zero. */
    public static int dtou16(double a) {
        return Double.isNaN(a) ? 0x8000 : satu16((long) a);
    }

    /** To unsigned 32 bits, toward zero. */
    public static int ftou32(float a) {
        return satu32((long) a);
    }

    /** To unsigned 32 bits, toward zero. */
    public static int dtou32(double a) {
        return Double.isNaN(a) ? 0x80000000 : satu32((long) a);
    }

    /** To unsigned 64 bits, toward zero. */
    public static long ftou64(float a) {
        return dtou64(a);
    }

    /** To unsigned 64 bits, toward zero. */
    public static long dtou64(double a) {
        if (Double.isNaN(a)) {
            return Long.MIN_VALUE;
        }
        if (a <= 0) {
            return 0;
        }
        if (a >= 0x1p64) {
            return -1;
        }
        return a < 0x1p63 ? (long) a : (long) (a - 0x1p63) ^ Long.MIN_VALUE;
    }

    /** To the nearest integer, even on a tie. */
    public static double rint64(double a) {
        return Math.rint(a);
    }

    /** To the integer below. */
    public static double floor64(double a) {
        return Math.floor(a);
    }

    /** To the integer above. */
    public static double ceil64(double a) {
        return Math.ceil(a);
    }

    /** To the integer toward zero. */
    public static double trunc64(double a) {
        return Math.copySign(Math.floor(Math.abs(a)), a);
    }

    /** To the nearest integer, even on a tie. */
    public static float rint32(float a) {
        return (float) Math.rint(a);
    }

    /** To the integer below. */
    public static float floor32(float a) {
        return (float) Math.floor(a);
    }

    /** To the integer above. */
    public static float ceil32(float a) {
        return (float) Math.ceil(a);
    }

    /** To the integer toward zero. */
    public static float trunc32(float a) {
        return (float) trunc64(a);
    }

    /** To single precision, rounded toward zero. */
    public static float dtofrz(double a) {
        return Rounding.toFloat(a, 0, Rounding.ZERO);
    }

    /** From a signed value, rounded toward zero. */
    public static float s64tofrz(long a) {
        return Rounding.toFloat(a, false, Rounding.ZERO);
    }

    /** From an unsigned value, rounded toward zero. */
    public static float u64tofrz(long a) {
        return Rounding.toFloat(a, true, Rounding.ZERO);
    }

    /** From a signed value, rounded toward zero. */
    public static double s64todrz(long a) {
        return Rounding.toDouble(a, false, Rounding.ZERO);
    }

    /** From an unsigned value, rounded toward zero. */
    public static double u64todrz(long a) {
        return Rounding.toDouble(a, true, Rounding.ZERO);
    }

    /** To single precision, rounded down. */
    public static float dtofrm(double a) {
        return Rounding.toFloat(a, 0, Rounding.DOWN);
    }

    /** From a signed value, rounded down. */
    public static float s64tofrm(long a) {
        return Rounding.toFloat(a, false, Rounding.DOWN);
    }

    /** From an unsigned value, rounded down. */
    public static float u64tofrm(long a) {
        return Rounding.toFloat(a, true, Rounding.DOWN);
    }

    /** From a signed value, rounded down. */
    public static double s64todrm(long a) {
        return Rounding.toDouble(a, false, Rounding.DOWN);
    }

    /** From an unsigned value, rounded down. */
    public static double u64todrm(long a) {
        return Rounding.toDouble(a, true, Rounding.DOWN);
    }

    /** To single precision, rounded up. */
    public static float dtofrp(double a) {
        return Rounding.toFloat(a, 0, Rounding.UP);
    }

    /** From a signed value, rounded up. */
    public static float s64tofrp(long a) {
        return Rounding.toFloat(a, false, Rounding.UP);
    }

    /** From an unsigned value, rounded up. */
    public static float u64tofrp(long a) {
        return Rounding.toFloat(a, true, Rounding.UP);
    }

    /** From a signed value, rounded up. */
    public static double s64todrp(long a) {
        return Rounding.toDouble(a, false, Rounding.UP);
    }

    /** From an unsigned value, rounded up. */
    public static double u64todrp(long a) {
        return Rounding.toDouble(a, true, Rounding.UP);
    }
}
