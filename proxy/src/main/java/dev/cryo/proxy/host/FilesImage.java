package dev.cryo.proxy.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads which files an image refers to, as CRIU has written them while the application stood still.
 *
 * <p>{@code files.img} has messages {@code file_entry}; {@code remap-fpath.img} names the deleted ones among them. Of
 * the {@linkplain CriuMessage messages} only these fields are read (CRIU's images/fdinfo.proto, regfile.proto,
 * remap-file-path.proto):
 *
 * <pre>
 *     file_entry              reg_file_entry                remap_file_path_entry
 *     3 reg: reg_file_entry   1 id    2 flags  3 pos        1 orig_id
 *                             6 name  8 size  10 mode
 * </pre>
 *
 * <p>CRIU leaves the size out of files that are only appended to (its should_check_size).
 */
final class FilesImage {
    private static final int ACCESS_MODE = 3;
    private static final int TYPE_MASK = 0170000;
    private static final int TYPE_REGULAR = 0100000;
    private static final int TYPE_FOLDER = 0040000;

    private FilesImage() {}

    /**
     * One file.
     *
     * @param size its length at the dump; {@link #UNKNOWN} for one that is only appended to
     * @param position where the application was in it: behind what it has appended last, 0 if it has not yet
     * @param written whether it was open for writing
     */
    record Entry(String path, long size, long position, boolean folder, boolean written) {
        static final long UNKNOWN = -1;
    }

    /** The regular files and folders of an image that must be there at a restore, in the image's order. */
    static List<Entry> read(Path folder) throws IOException {
        Set<Long> deleted = new HashSet<>();
        Path remaps = folder.resolve("remap-fpath.img");
        if (Files.exists(remaps)) {
            for (ByteBuffer message : CriuMessage.all(remaps)) {
                deleted.add(CriuMessage.of(message).number(1, -1));
            }
        }
        List<Entry> entries = new ArrayList<>();
        Path files = folder.resolve("files.img");
        for (ByteBuffer message : CriuMessage.all(files)) {
            ByteBuffer nested = CriuMessage.of(message).bytes(3);
            if (nested != null) {
                CriuMessage file = CriuMessage.of(nested);
                int type = (int) file.number(10, 0) & TYPE_MASK;
                boolean wanted = (type == TYPE_REGULAR || type == TYPE_FOLDER) && !deleted.contains(file.number(1, -1));
                if (wanted) {
                    entries.add(entry(file, type == TYPE_FOLDER));
                }
            }
        }
        return entries;
    }

    private static Entry entry(CriuMessage file, boolean folder) {
        ByteBuffer name = file.bytes(6);
        String path = name == null ? "" : StandardCharsets.UTF_8.decode(name).toString();
        boolean written = !folder && (file.number(2, 0) & ACCESS_MODE) != 0;
        return new Entry(Path.of("/" + path).normalize().toString(), file.number(8, Entry.UNKNOWN),
                file.number(3, 0), folder, written);
    }
}
