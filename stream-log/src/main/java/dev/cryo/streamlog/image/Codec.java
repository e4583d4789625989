package dev.cryo.streamlog.image;

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
