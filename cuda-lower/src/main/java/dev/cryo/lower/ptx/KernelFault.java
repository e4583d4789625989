package dev.cryo.lower.ptx;

import org.jspecify.annotations.Nullable;

/** A kernel did what ends it with an error. The message names kernel, line, block, thread and address. */
public final class KernelFault extends Exception {
    private static final long serialVersionUID = 1L;

    /** What happened, with the CUDA error code that an application sees. */
    public enum Kind {
        /** An access outside live allocations. */
        ILLEGAL_ADDRESS(700, "illegal address"),
        /** An access at an address that is not a multiple of its size. */
        MISALIGNED_ADDRESS(716, "misaligned address"),
        /** A trap instruction. */
        LAUNCH_FAILED(719, "trap"),
        /** An instruction that cannot be executed as it stands. */
        ILLEGAL_INSTRUCTION(715, "illegal instruction");

        private final int code;
        private final String text;

        Kind(int code, String text) {
            this.code = code;
            this.text = text;
        }

        /** The CUresult of this fault. */
        public int code() {
            return code;
        }
    }

    /**
     * Where it happened.
     *
     * @param line the line of the PTX text, counted from 1
     */
    public record Place(String kernel, int line, String opcode, Dim3 block, Dim3 thread) {
    }

    private final Kind kind;
    private final transient Place place;
    private final long address;

    /** A fault; {@code detail} says more than the kind, or is null. */
    public KernelFault(Kind kind, Place place, long address, @Nullable String detail) {
        super("kernel " + place.kernel + ": " + kind.text
                + (kind == Kind.ILLEGAL_ADDRESS || kind == Kind.MISALIGNED_ADDRESS
                        ? " 0x" + Long.toHexString(address) : "")
                + " at line " + place.line + " (" + place.opcode + "), block " + place.block + ", thread "
                + place.thread + (detail == null ? "" : ": " + detail));
        this.kind = kind;
        this.place = place;
        this.address = address;
    }

    /** What happened. */
    public Kind kind() {
        return kind;
    }

    /** The CUresult that an application sees. */
    public int code() {
        return kind.code;
    }

    /** Where it happened. */
    public Place place() {
        return place;
    }

    /** The address as the kernel computed it (generic or within its space); 0 for a trap. */
    public long address() {
        return address;
    }
}
