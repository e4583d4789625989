package dev.cryo.streamlog.image;

import java.util.Optional;

/**
 * What a store tells of an image without reading its blocks.
 *
 * @param number of the image
 * @param addedBytes as {@link ImageStore#addedBytes} tells them
 * @param whole what it is, unless it cannot be used
 * @param problem why it cannot be used; empty if it can
 */
public record ListedImage(long number, long addedBytes, Optional<Whole> whole, String problem) {
    /**
     * An image whose manifest is good and whose blocks are there.
     *
     * @param neededBytes as {@link ImageStore#neededBytes} tells them
     */
    public record Whole(Manifest manifest, long neededBytes) {}
}
