package dev.cryo.streamlog.image;

/** How the bytes of a block are stored; the ordinal is the format. */
enum Codec {
    /** As they are: what is stored can be mapped. */
    RAW,
    /** One zstd frame. */
    ZSTD
}
