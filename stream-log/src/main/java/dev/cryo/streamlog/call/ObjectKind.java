package dev.cryo.streamlog.call;

/** The kinds of object that live in a lower half and are known to the upper half by a virtual id or an address. */
public enum ObjectKind {
    /** A CUDA context; id. */
    CONTEXT,
    /** A loaded module; id. */
    MODULE,
    /** A kernel of a module; id. */
    FUNCTION,
    /** Device memory; its address. */
    MEMORY,
    /** Page-locked host memory; its address. */
    HOST_MEMORY,
    /** A stream, default streams included; id. */
    STREAM,
    /** An event; id. */
    EVENT
}
