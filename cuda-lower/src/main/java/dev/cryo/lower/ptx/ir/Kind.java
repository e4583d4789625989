package dev.cryo.lower.ptx.ir;

/** The four kinds of values that the machine computes with: int, long, float and double. */
public enum Kind {
    I(4), L(8), F(4), D(8);

    private final int bytes;

    Kind(int bytes) {
        this.bytes = bytes;
    }

    /** Width in bytes. */
    public int bytes() {
        return bytes;
    }

    /** Whether values of this kind are 64 bits wide. */
    public boolean wide() {
        return bytes == 8;
    }
}
