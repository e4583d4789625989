package dev.cryo.lower.ptx.math;

/** Operations on bits: shifts that clamp, fields, permutations, and the packed video operations. */
public final class BitMath {
    private BitMath() {
    }

    /** Shift left; a shift of 32 or more gives 0. */
    public static int shl32(int a, int b) {
        return Integer.compareUnsigned(b, 31) > 0 ? 0 : a << b;
    }

    /** Shift right, unsigned; a shift of 32 or more gives 0. */
    public static int shru32(int a, int b) {
        return Integer.compareUnsigned(b, 31) > 0 ? 0 : a >>> b;
    }

    /** Shift right, signed; a shift of 32 or more gives the sign. */
    public static int shrs32(int a, int b) {
        return a >> (Integer.compareUnsigned(b, 31) > 0 ? 31 : b);
    }

    /** Shift left; a shift of 64 or more gives 0. */
    public static long shl64(long a, int b) {
        return Integer.compareUnsigned(b, 63) > 0 ? 0 : a << b;
    }

    /** Shift right, unsigned; a shift of 64 or more gives 0. */
    public static long shru64(long a, int b) {
        return Integer.compareUnsigned(b, 63) > 0 ? 0 : a >>> b;
    }

    /** Shift right, signed; a shift of 64 or more gives the sign. */
    public static long shrs64(long a, int b) {
        return a >> (Integer.compareUnsigned(b, 63) > 0 ? 63 : b);
    }

    /** Bits of b above a, shifted left by c; only the low five bits of c count. */
    public static int shflwrap(int a, int b, int c) {
        return (int) ((((long) b << 32) | (a & 0xffffffffL)) << (c & 31) >>> 32);
    }

    /** Bits of b above a, shifted left by c, at most 32. */
    public static int shflclamp(int a, int b, int c) {
        return Integer.compareUnsigned(c, 32) >= 0 ? a : shflwrap(a, b, c);
    }

    /** Bits of b above a, shifted right by c; only the low five bits of c count. */
    public static int shfrwrap(int a, int b, int c) {
        return (int) ((((long) b << 32) | (a & 0xffffffffL)) >>> (c & 31));
    }

    /** Bits of b above a, shifted right by c, at most 32. */
    public static int shfrclamp(int a, int b, int c) {
        return Integer.compareUnsigned(c, 32) >= 0 ? b : shfrwrap(a, b, c);
    }

    /** Number of one bits. */
    @Lanewise
    public static int popc32(int a) {
        return Integer.bitCount(a);
    }

    /** Number of one bits. */
    public static int popc64(long a) {
        return Long.bitCount(a);
    }

    /** Number of leading zeros. */
    public static int clz32(int a) {
        return Integer.numberOfLeadingZeros(a);
    }

    /** Number of leading zeros. */
    public static int clz64(long a) {
        return Long.numberOfLeadingZeros(a);
    }

    /** Bits reversed. */
    public static int brev32(int a) {
        return Integer.reverse(a);
    }

    /** Bits reversed. */
    public static long brev64(long a) {
        return Long.reverse(a);
    }

    /** Position of the highest one bit, or -1. */
    public static int bfindu32(int a) {
        return 31 - Integer.numberOfLeadingZeros(a);
    }

    /** Position of the highest bit that is not the sign, or -1. */
    public static int bfinds32(int a) {
        return bfindu32(a < 0 ? ~a : a);
    }

    /** Position of the highest one bit, or -1. */
    public static int bfindu64(long a) {
        return 63 - Long.numberOfLeadingZeros(a);
    }

    /** Position of the highest bit that is not the sign, or -1. */
    public static int bfinds64(long a) {
        return bfindu64(a < 0 ? ~a : a);
    }

    /** The shift that brings bit {@code position} of 32 to the top, or -1. */
    public static int shiftamt32(int position) {
        return position < 0 ? -1 : 31 - position;
    }

    /** The shift that brings bit {@code position} of 64 to the top, or -1. */
    public static int shiftamt64(int position) {
        return position < 0 ? -1 : 63 - position;
    }

    /** Field of {@code length} bits at {@code start}, unsigned. */
    public static int bfeu32(int a, int start, int length) {
        int s = start & 255;
        int n = length & 255;
        int shifted = shru32(a, s);
        return n >= 32 ? shifted : shifted & ((1 << n) - 1);
    }

    /** Field of {@code length} bits at {@code start}, sign-extended. */
    public static int bfes32(int a, int start, int length) {
        int s = start & 255;
        int n = length & 255;
        if (n == 0) {
            return 0;
        }
        int sign = a >> Math.min(s + n - 1, 31) << 31 >> 31;
        int mask = n >= 32 ? -1 : (1 << n) - 1;
        int field = shru32(a, s) & mask;
        int valid = s > 31 ? 0 : n >= 32 - s ? -1 >>> s : mask;
        return (field & valid) | (sign & ~valid);
    }

    // Of 64 bits: PTX says that positions and lengths are restricted to 0..255, as those above are. NVIDIA's compiler
    // makes shifts of these, where numbers above 255 count as they are (seen on an H200, driver 580).

    /** Field of {@code length} bits at {@code start}, unsigned. */
    public static long bfeu64(long a, int start, int length) {
        return shru64(a, start) & lowest64(length);
    }

    /** Field of {@code length} bits at {@code start}, sign-extended. */
    public static long bfes64(long a, int start, int length) {
        if (length == 0) {
            return 0;
        }
        long s = Integer.toUnsignedLong(start);
        long n = Integer.toUnsignedLong(length);
        long sign = a >> Math.min(s + n - 1, 63) << 63 >> 63;
        long valid = s > 63 ? 0 : n >= 64 - s ? -1L >>> s : lowest64(length);
        return (shru64(a, start) & valid) | (sign & ~valid);
    }

    private static long lowest64(int length) {
        return Integer.compareUnsigned(length, 63) > 0 ? -1L : (1L << length) - 1;
    }

    /** b with the low {@code length} bits of a inserted at {@code start}. */
    public static int bfi32(int a, int b, int start, int length) {
        int mask = bmskclamp(start & 255, length & 255);
        return (shl32(a, start & 255) & mask) | (b & ~mask);
    }

    /** b with the low {@code length} bits of a inserted at {@code start}. */
    public static long bfi64(long a, long b, int start, int length) {
        long mask = shl64(lowest64(length), start);
        return (shl64(a, start) & mask) | (b & ~mask);
    }

    /** {@code b} one bits at position {@code a}; both are clamped to 32. */
    public static int bmskclamp(int a, int b) {
        int ones = Integer.compareUnsigned(b, 31) > 0 ? -1 : (1 << b) - 1;
        return shl32(ones, a);
    }

    /** {@code b} one bits at position {@code a}; only the low five bits of both count. */
    public static int bmskwrap(int a, int b) {
        return ((1 << (b & 31)) - 1) << (a & 31);
    }

    /** Keeps the low {@code b} bits of a, zero-extended; b is clamped to 32. */
    public static int szextuclamp(int a, int b) {
        return Integer.compareUnsigned(b, 31) > 0 ? a : a & ((1 << b) - 1);
    }

    /** Keeps the low {@code b} bits of a, sign-extended; b is clamped to 32. */
    public static int szextsclamp(int a, int b) {
        return b == 0 ? 0 : Integer.compareUnsigned(b, 31) > 0 ? a : a << (32 - b) >> (32 - b);
    }

    /** Keeps the low {@code b & 31} bits of a, zero-extended. */
    public static int szextuwrap(int a, int b) {
        return szextuclamp(a, b & 31);
    }

    /** Keeps the low {@code b & 31} bits of a, sign-extended. */
    public static int szextswrap(int a, int b) {
        return szextsclamp(a, b & 31);
    }

    /** The boolean function of three inputs whose truth table is {@code table}. */
    public static int lop332(int a, int b, int c, int table) {
        int result = 0;
        for (int i = 0; i < 8; i++) {
            if ((table >> i & 1) != 0) {
                result |= ((i & 4) != 0 ? a : ~a) & ((i & 2) != 0 ? b : ~b) & ((i & 1) != 0 ? c : ~c);
            }
        }
        return result;
    }

    /** Bytes of b above a, picked by the four selectors of c. */
    public static int prmt(int a, int b, int c) {
        long bytes = ((long) b << 32) | (a & 0xffffffffL);
        int result = 0;
        for (int i = 0; i < 4; i++) {
            int selector = c >>> 4 * i;
            int value = (int) (bytes >>> 8 * (selector & 7)) & 255;
            if ((selector & 8) != 0) {
                value = (value & 128) != 0 ? 255 : 0;
            }
            result |= value << 8 * i;
        }
        return result;
    }

    /** prmt with mode: 1 f4e, 2 b4e, 3 rc8, 4 ecl, 5 ecr, 6 rc16. */
    public static int prmtmode(int a, int b, int c, int mode) {
        int s = c & 3;
        return switch (mode) {
            case 1 -> prmt(a, b, s | (s + 1) << 4 | (s + 2) << 8 | (s + 3) << 12);
            case 2 -> prmt(a, b, s | (s + 7 & 7) << 4 | (s + 6 & 7) << 8 | (s + 5 & 7) << 12);
            case 3 -> prmt(a, b, s * 0x1111);
            case 4 -> prmt(a, b, s | Math.max(s, 1) << 4 | Math.max(s, 2) << 8 | 3 << 12);
            case 5 -> prmt(a, b, Math.min(s, 1) << 4 | Math.min(s, 2) << 8 | s << 12);
            default -> prmt(a, b, (s & 1) == 0 ? 0x1010 : 0x3232);
        };
    }

    /** c plus the products of four bytes; bit 0 of {@code signs} makes a signed, bit 1 makes b signed. */
    public static int dp4a(int a, int b, int c, int signs) {
        int sum = c;
        for (int i = 0; i < 32; i += 8) {
            sum += field(a, i, 8, (signs & 1) != 0) * field(b, i, 8, (signs & 2) != 0);
        }
        return sum;
    }

    /** c plus the products of two halves of a with the low (or high) two bytes of b; {@code signs} as in dp4a. */
    public static int dp2a(int a, int b, int c, int signs, int high) {
        int shift = high != 0 ? 16 : 0;
        return c + field(a, 0, 16, (signs & 1) != 0) * field(b, shift, 8, (signs & 2) != 0)
                + field(a, 16, 16, (signs & 1) != 0) * field(b, shift + 8, 8, (signs & 2) != 0);
    }

    /** Absolute differences of packed fields of {@code bits} bits; {@code signs} as in dp4a. */
    public static int vabsdiff(int a, int b, int bits, int signs) {
        int result = 0;
        for (int i = 0; i < 32; i += bits) {
            int difference = Math.abs(field(a, i, bits, (signs & 1) != 0) - field(b, i, bits, (signs & 2) != 0));
            result |= (difference & (1 << bits) - 1) << i;
        }
        return result;
    }

    /** c plus the sum of absolute differences of packed fields; {@code signs} as in dp4a. */
    public static int vabsdiffadd(int a, int b, int c, int bits, int signs) {
        int sum = c;
        for (int i = 0; i < 32; i += bits) {
            sum += Math.abs(field(a, i, bits, (signs & 1) != 0) - field(b, i, bits, (signs & 2) != 0));
        }
        return sum;
    }

    private static int field(int a, int at, int bits, boolean signed) {
        int up = a << 32 - at - bits;
        return signed ? up >> 32 - bits : up >>> 32 - bits;
    }

    /** Clock of the multiprocessor. */
    public static int clock32() {
        return (int) System.nanoTime();
    }

    /** Clock of the multiprocessor. */
    public static long clock64() {
        return System.nanoTime();
    }

    /** Clock of the device in nanoseconds. */
    public static long globaltimer() {
        return System.nanoTime();
    }
}
