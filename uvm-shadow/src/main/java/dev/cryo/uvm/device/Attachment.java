package dev.cryo.uvm.device;

/** Whose work may touch a region without naming it (CUDA's cudaMemAttach flags). */
public sealed interface Attachment {
    /** Every stream's. */
    record Global() implements Attachment {}

    /** No stream's. */
    record Host() implements Attachment {}

    /** One stream's. */
    record Single(long stream) implements Attachment {}

    /** Whether work of a stream may touch it. */
    default boolean isVisibleTo(long stream) {
        return switch (this) {
            case Global() -> true;
            case Host() -> false;
            case Single(long only) -> only == stream;
        };
    }
}
