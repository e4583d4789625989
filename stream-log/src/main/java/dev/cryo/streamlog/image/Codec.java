package dev.cryo.streamlog.image;

import java.util.Optional;

/** How the bytes of a block are stored; the ordinal is the format. */
enum Codec {
    /** As they are: what is stored can be mapped. */
    RAW,
    /** One zstd frame. */
    ZSTD,
    /** As they are, encrypted. */
    SEALED_RAW,
    /** One zstd frame, encrypted. */
    SEALED_ZSTD;

    private static final Codec[] ALL = values();

    /** The one of a number in an index, if it is one. */
    static Optional<Codec> of(int number) {
        return number >= 0 && number < ALL.length ? Optional.of(ALL[number]) : Optional.empty();
    }

    boolean isSealed() {
        return this == SEALED_RAW || this == SEALED_ZSTD;
    }

    boolean isCompressed() {
        return this == ZSTD || this == SEALED_ZSTD;
    }

    /** The same, encrypted. */
    Codec sealed() {
        return isCompressed() ? SEALED_ZSTD : SEALED_RAW;
    }
}
