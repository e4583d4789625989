package dev.cryo.lower.ptx.ir;

/**
 * A virtual register. 64-bit registers are wide; all others are held in 32 bits: 16-bit ones zero-extended, predicates
 * as a mask that is 0 or -1.
 */
public final class Reg {
    /** What a register can hold. */
    public enum Width { PRED, B16, B32, B64 }

    private final int index;
    private final String name;
    private final Width width;

    Reg(int index, String name, Width width) {
        this.index = index;
        this.name = name;
        this.width = width;
    }

    /** The position of this register in {@link KernelIr#registers()}. */
    public int index() {
        return index;
    }

    /** The name in the text, or a made-up one. */
    public String name() {
        return name;
    }

    /** What this register can hold. */
    public Width width() {
        return width;
    }

    /** Whether this register has 64 bits. */
    public boolean wide() {
        return width == Width.B64;
    }

    /** The kind that reads the plain bits of this register. */
    public Kind bitsKind() {
        return wide() ? Kind.L : Kind.I;
    }

    @Override
    public String toString() {
        return name;
    }
}
