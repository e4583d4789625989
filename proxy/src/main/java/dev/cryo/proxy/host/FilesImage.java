package dev.cryo.proxy.host;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads which files an image refers to, as CRIU has written them while the application stood still.
 *
 * <p>The file {@code files.img} is two magic words and then entries, each a length (u32) and a protobuf message
 * {@code file_entry}; {@code remap-fpath.img} names the deleted ones among them. Of the messages only these fields are
 * read (CRIU's images/fdinfo.proto, regfile.proto, remap-file-path.proto):
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
            for (ByteBuffer message : messages(remaps)) {
                deleted.add(Fields.of(message).number(1, -1));
            }
        }
        List<Entry> entries = new ArrayList<>();
        Path files = folder.resolve("files.img");
        for (ByteBuffer message : messages(files)) {
            ByteBuffer nested = Fields.of(message).bytes(3);
            if (nested != null) {
                Fields file = Fields.of(nested);
                int type = (int) file.number(10, 0) & TYPE_MASK;
                boolean wanted = (type == TYPE_REGULAR || type == TYPE_FOLDER) && !deleted.contains(file.number(1, -1));
                if (wanted) {
                    entries.add(entry(file, type == TYPE_FOLDER));
                }
            }
        }
        return entries;
    }

    private static Entry entry(Fields file, boolean folder) {
        ByteBuffer name = file.bytes(6);
        String path = name == null ? "" : StandardCharsets.UTF_8.decode(name).toString();
        boolean written = !folder && (file.number(2, 0) & ACCESS_MODE) != 0;
        return new Entry(Path.of("/" + path).normalize().toString(), file.number(8, Entry.UNKNOWN),
                file.number(3, 0), folder, written);
    }

    private static List<ByteBuffer> messages(Path file) throws IOException {
        ByteBuffer content = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<ByteBuffer> messages = new ArrayList<>();
        try {
            content.position(8);
            while (content.hasRemaining()) {
                int length = content.getInt();
                messages.add(content.slice(content.position(), length));
                content.position(content.position() + length);
            }
            return messages;
        } catch (BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new IOException(file + " is damaged at offset " + content.position(), e);
        }
    }

    /** The fields of one protobuf message; of a repeated field the last. */
    private record Fields(List<Field> all) {
        private record Field(int number, long value, ByteBuffer bytes) {}

        private static final ByteBuffer NONE = ByteBuffer.allocate(0);

        static Fields of(ByteBuffer message) throws IOException {
            ByteBuffer in = message.duplicate().order(ByteOrder.LITTLE_ENDIAN);
            List<Field> fields = new ArrayList<>();
            try {
                while (in.hasRemaining()) {
                    long key = varint(in);
                    fields.add(next(in, (int) (key >>> 3), (int) (key & 7)));
                }
            } catch (BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException e) {
                throw new IOException("a message in an image of CRIU is damaged at offset " + in.position(), e);
            }
            return new Fields(fields);
        }

        private static Field next(ByteBuffer in, int number, int wireType) throws IOException {
            switch (wireType) {
                case 0:
                    return new Field(number, varint(in), NONE);
                case 1:
                    return new Field(number, in.getLong(), NONE);
                case 2:
                    int length = (int) varint(in);
                    ByteBuffer bytes = in.slice(in.position(), length);
                    in.position(in.position() + length);
                    return new Field(number, 0, bytes);
                case 5:
                    return new Field(number, in.getInt(), NONE);
                default:
                    throw new IOException("a message in an image of CRIU has wire type " + wireType);
            }
        }

        private static long varint(ByteBuffer in) {
            long value = 0;
            for (int shift = 0; shift < 64; shift += 7) {
                byte next = in.get();
                value |= (next & 0x7fL) << shift;
                if (next >= 0) {
                    return value;
                }
            }
            throw new IllegalArgumentException("varint too long");
        }

        long number(int number, long missing) {
            return all.stream().filter(f -> f.number == number).mapToLong(Field::value)
                    .reduce((first, second) -> second).orElse(missing);
        }

        @Nullable ByteBuffer bytes(int number) {
            return all.stream().filter(f -> f.number == number).map(Field::bytes)
                    .reduce((first, second) -> second).orElse(null);
        }
    }
}
