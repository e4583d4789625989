package dev.cryo.proxy.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What one map of an image tells of the pages that the image has; see {@link PagesImage} for where each of them lies.
 *
 * @param file that holds them; CRIU writes none where there are none
 * @param bytes that it has of them
 */
record MappedPages(String file, long bytes) {
    private static final Pattern MAP = Pattern.compile("pagemap-(?:shmem-)?[0-9]{1,10}\\.img");

    /** Whether a file of an image is such a map. */
    static boolean isMap(String file) {
        return MAP.matcher(file).matches();
    }

    /**
     * Reads a map.
     *
     * @throws IOException if it is not what CRIU writes
     */
    static MappedPages of(String map, byte[] contents) throws IOException {
        Reading reading = new Reading();
        CriuMessage.each(map, contents, reading::take);
        if (reading.file == null) {
            throw new IOException(map + " has no head");
        }
        return new MappedPages(reading.file, reading.bytes);
    }

    /** How far a map is read. */
    private static final class Reading {
        private @Nullable String file;
        private long bytes;

        void take(ByteBuffer message) throws IOException {
            CriuMessage entry = CriuMessage.of(message);
            if (file == null) {
                file = PagesImage.fileOf(entry);
            } else if (PagesImage.isPresent(entry)) {
                add(entry);
            }
        }

        private void add(CriuMessage entry) throws IOException {
            try {
                bytes = Math.addExact(bytes, PagesImage.bytesOf(entry));
            } catch (ArithmeticException e) {
                throw new IOException("more memory than there can be", e);
            }
        }
    }
}
