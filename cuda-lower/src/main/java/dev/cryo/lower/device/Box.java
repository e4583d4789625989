package dev.cryo.lower.device;

import dev.cryo.streamlog.call.Call;

/** A box of bytes: {@code depth} slices of {@code height} rows of {@code width} bytes. */
public record Box(long width, long height, long depth) {
    /** Whether it has no bytes. */
    public boolean isEmpty() {
        return width == 0 || height == 0 || depth == 0;
    }

    /** How many bytes it has. */
    public long bytes() {
        return width * height * depth;
    }

    /** The bytes from a place's first byte to its last. */
    public long span(Call.Place place) {
        return (depth - 1) * place.slice() + (height - 1) * place.pitch() + width;
    }

    /** Whether there is nothing between its rows and slices at a place, nor do they overlap. */
    public boolean isContiguous(Call.Place place) {
        return (height == 1 || place.pitch() == width) && (depth == 1 || place.slice() == width * height);
    }

    /** Whether no size is negative and no product of sizes leaves the numbers. */
    public boolean fits(Call.Place place) {
        if (width < 0 || height < 0 || depth < 0 || place.pitch() < 0 || place.slice() < 0) {
            return false;
        }
        double bytes = (double) width * height * depth;
        double span = (double) depth * place.slice() + (double) height * place.pitch() + width;
        return bytes < 1L << 60 && span < 1L << 60;
    }
}
