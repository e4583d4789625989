package dev.cryo.lower.ptx.math;

/** Integer arithmetic and comparison. */
public final class IntegerMath {
    private IntegerMath() {
    }

    // Comparisons give a mask, 0 or -1, without branches: a loop of them becomes vector instructions.

    /** a == b. */
    @Lanewise(cost = 5)
    public static int eq32(int a, int b) {
        return ~ne32(a, b);
    }

    /** a != b. */
    @Lanewise(cost = 4)
    public static int ne32(int a, int b) {
        int x = a ^ b;
        return (x | -x) >> 31;
    }

    /** a less than b, signed. */
    @Lanewise(cost = 5)
    public static int lt32(int a, int b) {
        int d = a - b;
        return (d ^ ((a ^ b) & (d ^ a))) >> 31;
    }

    /** a less than b, unsigned. */
    @Lanewise(cost = 7)
    public static int ltu32(int a, int b) {
        return lt32(a ^ 0x80000000, b ^ 0x80000000);
    }

    /** a == b. */
    @Lanewise(cost = 6)
    public static int eq64(long a, long b) {
        return ~ne64(a, b);
    }

    /** a != b. */
    @Lanewise(cost = 5)
    public static int ne64(long a, long b) {
        long x = a ^ b;
        return (int) ((x | -x) >>> 32) >> 31;
    }

    /** a less than b, signed. */
    @Lanewise(cost = 7)
    public static int lt64(long a, long b) {
        long d = a - b;
        return (int) ((d ^ ((a ^ b) & (d ^ a))) >>> 32) >> 31;
    }

    /** a less than b, unsigned. */
    @Lanewise(cost = 9)
    public static int ltu64(long a, long b) {
        return lt64(a ^ Long.MIN_VALUE, b ^ Long.MIN_VALUE);
    }

    /** mask ? a : b. */
    @Lanewise(cost = 4)
    public static int sel32(int mask, int a, int b) {
        return (a & mask) | (b & ~mask);
    }

    /** mask ? a : b. */
    @Lanewise(cost = 5)
    public static long sel64(int mask, long a, long b) {
        long m = mask;
        return (a & m) | (b & ~m);
    }

    /** Sign-extends 8 bits. */
    @Lanewise(cost = 2)
    public static int sx8(int a) {
        return a << 24 >> 24;
    }

    /** Sign-extends 16 bits. */
    @Lanewise(cost = 2)
    public static int sx16(int a) {
        return a << 16 >> 16;
    }

    /** Zero-extends 32 bits. */
    @Lanewise(cost = 2)
    public static long zx32(int a) {
        return a & 0xffffffffL;
    }

    /** Minimum, signed. */
    @Lanewise
    public static int min32(int a, int b) {
        return Math.min(a, b);
    }

    /** Maximum, signed. */
    @Lanewise
    public static int max32(int a, int b) {
        return Math.max(a, b);
    }

    /** Minimum, unsigned. */
    @Lanewise(cost = 4)
    public static int minu32(int a, int b) {
        return Math.min(a ^ 0x80000000, b ^ 0x80000000) ^ 0x80000000;
    }

    /** Maximum, unsigned. */
    @Lanewise(cost = 4)
    public static int maxu32(int a, int b) {
        return Math.max(a ^ 0x80000000, b ^ 0x80000000) ^ 0x80000000;
    }

    /** Minimum, signed. */
    @Lanewise
    public static long min64(long a, long b) {
        return Math.min(a, b);
    }

    /** Maximum, signed. */
    @Lanewise
    public static long max64(long a, long b) {
        return Math.max(a, b);
    }

    /** Minimum, unsigned. */
    @Lanewise(cost = 4)
    public static long minu64(long a, long b) {
        return Math.min(a ^ Long.MIN_VALUE, b ^ Long.MIN_VALUE) ^ Long.MIN_VALUE;
    }

    /** Maximum, unsigned. */
    @Lanewise(cost = 4)
    public static long maxu64(long a, long b) {
        return Math.max(a ^ Long.MIN_VALUE, b ^ Long.MIN_VALUE) ^ Long.MIN_VALUE;
    }

    /** Absolute value. */
    @Lanewise
    public static int abs32(int a) {
        return Math.abs(a);
    }

    /** Absolute value. */
    @Lanewise
    public static long abs64(long a) {
        return Math.abs(a);
    }

    /** High half of the product, signed. */
    @Lanewise(cost = 4)
    public static int mulhi32(int a, int b) {
        return (int) ((long) a * b >> 32);
    }

    /** High half of the product, unsigned. */
    @Lanewise(cost = 6)
    public static int mulhiu32(int a, int b) {
        return (int) ((a & 0xffffffffL) * (b & 0xffffffffL) >>> 32);
    }

    /** High half of the product, signed. */
    public static long mulhi64(long a, long b) {
        return Math.multiplyHigh(a, b);
    }

    /** High half of the product, unsigned. */
    public static long mulhiu64(long a, long b) {
        return Math.unsignedMultiplyHigh(a, b);
    }

    // PTX leaves division by zero open; NVIDIA's devices give all ones as quotient and as remainder.

    /** Quotient, signed. */
    public static int div32(int a, int b) {
        return b == 0 ? -1 : a / b;
    }

    /** Quotient, unsigned. */
    public static int divu32(int a, int b) {
        return b == 0 ? -1 : Integer.divideUnsigned(a, b);
    }

    /** Remainder, signed. */
    public static int rem32(int a, int b) {
        return b == 0 ? -1 : a % b;
    }

    /** Remainder, unsigned. */
    public static int remu32(int a, int b) {
        return b == 0 ? -1 : Integer.remainderUnsigned(a, b);
    }

    /** Quotient, signed. */
    public static long div64(long a, long b) {
        return b == 0 ? -1 : a / b;
    }

    /** Quotient, unsigned. */
    public static long divu64(long a, long b) {
        return b == 0 ? -1 : Long.divideUnsigned(a, b);
    }

    /** Remainder, signed. */
    public static long rem64(long a, long b) {
        return b == 0 ? -1 : a % b;
    }

    /** Remainder, unsigned. */
    public static long remu64(long a, long b) {
        return b == 0 ? -1 : Long.remainderUnsigned(a, b);
    }

    /** Sum, saturated to 32 bits. */
    public static int addsat32(int a, int b) {
        return Conversions.sats32((long) a + b);
    }

    /** Difference, saturated to 32 bits. */
    public static int subsat32(int a, int b) {
        return Conversions.sats32((long) a - b);
    }

    /** High half of the product plus c, saturated to 32 bits. */
    public static int madhisat32(int a, int b, int c) {
        return addsat32(mulhi32(a, b), c);
    }

    /** Low 24 bits multiplied, signed: bits 16 to 47 of the product. */
    public static int mul24hi(int a, int b) {
        return (int) ((long) (a << 8 >> 8) * (b << 8 >> 8) >> 16);
    }

    /** Low 24 bits multiplied, unsigned: bits 16 to 47 of the product. */
    public static int mul24hiu(int a, int b) {
        return (int) ((long) (a & 0xffffff) * (b & 0xffffff) >>> 16);
    }

    /** Low 24 bits multiplied, signed: bits 0 to 31 of the product. */
    public static int mul24lo(int a, int b) {
        return (a << 8 >> 8) * (b << 8 >> 8);
    }

    /** Low 24 bits multiplied, unsigned: bits 0 to 31 of the product. */
    public static int mul24lou(int a, int b) {
        return (a & 0xffffff) * (b & 0xffffff);
    }

    /** The carry (0 or 1) out of a + b + carry. */
    public static int carry32(int a, int b, int carry) {
        return (int) ((a & 0xffffffffL) + (b & 0xffffffffL) + carry >>> 32);
    }

    /** The carry (0 or 1) out of a + b + carry. */
    public static int carry64(long a, long b, int carry) {
        long sum = a + b;
        int first = Long.compareUnsigned(sum, a) < 0 ? 1 : 0;
        return first | (carry != 0 && sum == -1L ? 1 : 0);
    }

    /** The borrow (0 or 1) out of a - b - borrow. */
    public static int borrow32(int a, int b, int borrow) {
        return (int) ((a & 0xffffffffL) - (b & 0xffffffffL) - borrow >>> 63);
    }

    /** The borrow (0 or 1) out of a - b - borrow. */
    public static int borrow64(long a, long b, int borrow) {
        int compared = Long.compareUnsigned(a, b);
        return compared < 0 || compared == 0 && borrow != 0 ? 1 : 0;
    }
}
