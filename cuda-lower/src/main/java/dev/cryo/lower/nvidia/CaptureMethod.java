package dev.cryo.lower.nvidia;

import java.util.Locale;

/** Where the contents of a device are kept between a checkpoint's pause and the writing of its image. */
public enum CaptureMethod {
    /** On the device if there is room, else in host memory. */
    AUTO,
    /** In spare memory of the device: the shortest pause, but as much free memory is needed as is in use. */
    DEVICE,
    /** In host memory: the pause is as long as the copy of all device memory to the host takes. */
    PINNED;

    /**
     * The method of a name as it stands on a command line; {@link #AUTO} for an empty one.
     *
     * @throws IllegalArgumentException if there is none of this name
     */
    public static CaptureMethod named(String name) {
        return name.isEmpty() ? AUTO : valueOf(name.toUpperCase(Locale.ROOT));
    }
}
