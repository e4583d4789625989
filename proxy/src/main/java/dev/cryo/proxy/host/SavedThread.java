package dev.cryo.proxy.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A thread of a saved application.
 *
 * @param id in the application's namespace; that of a process's first thread is the process's
 * @param name as the kernel knows it, at most 15 bytes of it
 */
public record SavedThread(long id, String name) {
    private static final Pattern FILE = Pattern.compile("core-([0-9]{1,10})\\.img");

    // CRIU's images/core.proto.
    private static final int TASK = 3;
    private static final int NAME_OF_TASK = 6;
    private static final int THREAD = 5;
    private static final int NAME_OF_THREAD = 13;

    /** Whether a file of an image is about a thread. */
    public static boolean isIn(String file) {
        return FILE.matcher(file).matches();
    }

    /** The file of an image that is about a thread. */
    static String file(long id) {
        return "core-" + id + ".img";
    }

    /**
     * Reads what a file of an image says.
     *
     * @throws IOException if it is not what CRIU writes
     */
    public static SavedThread of(String file, byte[] contents) throws IOException {
        Matcher name = FILE.matcher(file);
        if (!name.matches()) {
            throw new IllegalArgumentException(file + " is about no thread");
        }
        for (ByteBuffer message : CriuMessage.all(file, contents)) {
            CriuMessage core = CriuMessage.of(message);
            String known = name(core.bytes(THREAD), NAME_OF_THREAD);
            return new SavedThread(
                    Long.parseLong(name.group(1)),
                    known.isEmpty() ? name(core.bytes(TASK), NAME_OF_TASK) : known);
        }
        throw new IOException(file + " has no message");
    }

    private static String name(@Nullable ByteBuffer part, int field) throws IOException {
        ByteBuffer name = part == null ? null : CriuMessage.of(part).bytes(field);
        return name == null ? "" : StandardCharsets.UTF_8.decode(name.duplicate()).toString();
    }
}
