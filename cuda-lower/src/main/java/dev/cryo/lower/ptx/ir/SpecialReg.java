package dev.cryo.lower.ptx.ir;

import org.jspecify.annotations.Nullable;

/** The special registers of PTX. Those that differ between threads of a block are varying. */
public enum SpecialReg {
    TID_X("%tid.x", true), TID_Y("%tid.y", true), TID_Z("%tid.z", true),
    LANEID("%laneid", true), WARPID("%warpid", true),
    LANEMASK_EQ("%lanemask_eq", true), LANEMASK_LT("%lanemask_lt", true), LANEMASK_LE("%lanemask_le", true),
    LANEMASK_GT("%lanemask_gt", true), LANEMASK_GE("%lanemask_ge", true),
    NTID_X("%ntid.x", false), NTID_Y("%ntid.y", false), NTID_Z("%ntid.z", false),
    CTAID_X("%ctaid.x", false), CTAID_Y("%ctaid.y", false), CTAID_Z("%ctaid.z", false),
    NCTAID_X("%nctaid.x", false), NCTAID_Y("%nctaid.y", false), NCTAID_Z("%nctaid.z", false),
    NWARPID("%nwarpid", false), SMID("%smid", false), NSMID("%nsmid", false), GRIDID("%gridid", false),
    DYNAMIC_SMEM_SIZE("%dynamic_smem_size", false), TOTAL_SMEM_SIZE("%total_smem_size", false);

    private final String text;
    private final boolean varying;

    SpecialReg(String text, boolean varying) {
        this.text = text;
        this.varying = varying;
    }

    /** The register of this name, or null. */
    public static @Nullable SpecialReg named(String text) {
        for (SpecialReg register : values()) {
            if (register.text.equals(text)) {
                return register;
            }
        }
        return null;
    }

    /** The name in PTX. */
    public String text() {
        return text;
    }

    /** Whether threads of one block see different values. */
    public boolean varying() {
        return varying;
    }

    /** Whether the register has 64 bits. */
    public boolean wide() {
        return this == GRIDID;
    }
}
