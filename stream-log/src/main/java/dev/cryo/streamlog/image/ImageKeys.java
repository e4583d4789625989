package dev.cryo.streamlog.image;

import java.util.Optional;

/** Where the key of encrypted images comes from; asked only where there is one. */
@FunctionalInterface
public interface ImageKeys {
    /** There is no key: images are written as they are, and encrypted ones are refused. */
    ImageKeys NONE = Optional::empty;

    /**
     * The key, if there is one.
     *
     * @throws KeyUnavailableException if it cannot be had
     */
    Optional<ImageKey> find() throws KeyUnavailableException;

    /** Always this key, or none. */
    static ImageKeys of(Optional<ImageKey> key) {
        return () -> key;
    }
}
