package dev.cryo.upper.cuda;

/** Kinds of advice about unified memory. */
enum ManagedAdvice {
    /** Seldom written. */
    READ_MOSTLY(1),
    /** Where it should be. */
    PREFERRED_LOCATION(3),
    /** Who will access it. */
    ACCESSED_BY(5);

    /** {@code CUmem_advise} that sets it; the next value unsets it. */
    private final int kind;

    ManagedAdvice(int kind) {
        this.kind = kind;
    }

    int kind() {
        return kind;
    }

    static ManagedAdvice ofKind(int kind) {
        for (ManagedAdvice advice : values()) {
            if (advice.kind == kind) {
                return advice;
            }
        }
        throw new IllegalArgumentException("no kind of advice: " + kind);
    }
}
