package dev.cryo.proxy.host;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One protobuf message of CRIU's; of a repeated field the last is told.
 *
 * <p>A file of such messages is two magic words and then, for each, a length (u32) and the message.
 */
record CriuMessage(List<Field> fields) {
    private static final int MAGIC_BYTES = 8;

    /** The most bytes of a file that is read as a whole; CRIU's have some thousand. */
    private static final int MOST_BYTES = 256 << 20;

    /** A field: a number, or bytes. */
    record Field(int number, long value, ByteBuffer bytes) {}

    private static final ByteBuffer NONE = ByteBuffer.allocate(0);

    /** All messages of a file, not decoded. */
    static List<ByteBuffer> all(Path file) throws IOException {
        return all(file.toString(), whole(file));
    }

    /** Reads a file that an image holds, of whatever length it is there. */
    static byte[] whole(Path file) throws IOException {
        long bytes = Files.size(file);
        if (bytes > MOST_BYTES) {
            throw new IOException(file + " has " + bytes + " bytes, more than " + MOST_BYTES);
        }
        return Files.readAllBytes(file);
    }

    /** All messages of a file with these contents. */
    static List<ByteBuffer> all(String file, byte[] contents) throws IOException {
        List<ByteBuffer> messages = new ArrayList<>();
        each(file, contents, messages::add);
        return messages;
    }

    /** What takes messages. */
    @FunctionalInterface
    interface Taker {
        /** Takes one that is not decoded. */
        void take(ByteBuffer message) throws IOException;
    }

    /** Gives all messages of a file to a taker, one after the other: damaged ones may be many. */
    static void each(String file, byte[] contents, Taker taker) throws IOException {
        ByteBuffer content = ByteBuffer.wrap(contents).order(ByteOrder.LITTLE_ENDIAN);
        try {
            content.position(MAGIC_BYTES);
            while (content.hasRemaining()) {
                int length = content.getInt();
                ByteBuffer message = content.slice(content.position(), length);
                content.position(content.position() + length);
                taker.take(message);
            }
        } catch (BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new IOException(file + " is damaged at offset " + content.position(), e);
        }
    }

    static CriuMessage of(ByteBuffer message) throws IOException {
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
        return new CriuMessage(fields);
    }

    private static Field next(ByteBuffer in, int number, int wireType) throws IOException {
        return switch (wireType) {
            case 0 -> new Field(number, varint(in), NONE);
            case 1 -> new Field(number, in.getLong(), NONE);
            case 2 -> {
                int length = (int) varint(in);
                ByteBuffer bytes = in.slice(in.position(), length);
                in.position(in.position() + length);
                yield new Field(number, 0, bytes);
            }
            case 5 -> new Field(number, in.getInt(), NONE);
            default -> throw new IOException("a message in an image of CRIU has wire type " + wireType);
        };
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            byte next = in.get();
            value |= (next & 0x7fL) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("varint too long");
    }

    /** A number, or what is taken where it is missing. */
    long number(int number, long missing) {
        return fields.stream()
                .filter(field -> field.number == number)
                .mapToLong(Field::value)
                .reduce((first, second) -> second)
                .orElse(missing);
    }

    /** The bytes of a string or of a message in this one; null if there are none. */
    @Nullable ByteBuffer bytes(int number) {
        return fields.stream()
                .filter(field -> field.number == number)
                .map(Field::bytes)
                .reduce((first, second) -> second)
                .orElse(null);
    }
}
