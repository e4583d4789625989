package dev.cryo.proxy.driver;

/**
 * A GPU as CUDA sees it.
 *
 * @param uuid as {@code nvidia-smi -L} prints it, such as GPU-eea0d83f-ebcd-ac27-6b3e-bec2a19724e6
 * @param name the model
 */
public record Gpu(String uuid, String name) {
    /** The form that messages and images have: the UUID, a blank, the name. */
    @Override
    public String toString() {
        return uuid + " " + name;
    }

    /** Reads {@link #toString}. */
    public static Gpu parse(String text) {
        int blank = text.indexOf(' ');
        if (blank < 0) {
            throw new IllegalArgumentException("not a GPU: " + text);
        }
        return new Gpu(text.substring(0, blank), text.substring(blank + 1));
    }
}
