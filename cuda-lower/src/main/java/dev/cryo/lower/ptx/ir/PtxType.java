package dev.cryo.lower.ptx.ir;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The fundamental types of PTX that are supported. */
public enum PtxType {
    U8(8, Family.UNSIGNED), U16(16, Family.UNSIGNED), U32(32, Family.UNSIGNED), U64(64, Family.UNSIGNED),
    S8(8, Family.SIGNED), S16(16, Family.SIGNED), S32(32, Family.SIGNED), S64(64, Family.SIGNED),
    B8(8, Family.BITS), B16(16, Family.BITS), B32(32, Family.BITS), B64(64, Family.BITS),
    F16(16, Family.FLOAT), F16X2(32, Family.FLOAT), F32(32, Family.FLOAT), F64(64, Family.FLOAT),
    PRED(1, Family.PREDICATE);

    /** How the bits of a type are read. */
    public enum Family { UNSIGNED, SIGNED, BITS, FLOAT, PREDICATE }

    private final int bits;
    private final Family family;

    PtxType(int bits, Family family) {
        this.bits = bits;
        this.family = family;
    }

    /** The type of this name, as in {@code .u32} without the dot, or null. */
    public static @Nullable PtxType named(String name) {
        for (PtxType type : values()) {
            if (type.name().toLowerCase(Locale.ROOT).equals(name)) {
                return type;
            }
        }
        return null;
    }

    /** Width in bits; 1 for predicates. */
    public int bits() {
        return bits;
    }

    /** Width in bytes in memory. */
    public int bytes() {
        return Math.max(1, bits / 8);
    }

    /** How the bits are read. */
    public Family family() {
        return family;
    }

    /** Whether a comparison or a widening respects a sign. */
    public boolean signed() {
        return family == Family.SIGNED;
    }

    /** Whether this is a floating-point type. */
    public boolean floating() {
        return family == Family.FLOAT;
    }

    /** The machine kind in which values of this type are computed; half precision is computed on its bits. */
    public Kind kind() {
        if (this == F32) {
            return Kind.F;
        }
        if (this == F64) {
            return Kind.D;
        }
        return bits == 64 ? Kind.L : Kind.I;
    }
}
