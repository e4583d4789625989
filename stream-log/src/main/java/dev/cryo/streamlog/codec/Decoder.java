package dev.cryo.streamlog.codec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads what an {@link Encoder} wrote. Every read is checked against the bytes that are left. Not thread-safe. */
public final class Decoder {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** The most records that may lie in one another. */
    private static final int MAX_DEPTH = 64;

    private MemorySegment segment;
    private long position;
    private int depth;

    /** Reads from a segment's start. */
    public Decoder(MemorySegment segment) {
        this.segment = segment;
    }

    /** Reads from an array's start. */
    public Decoder(byte[] bytes) {
        this(MemorySegment.ofArray(bytes));
    }

    /** Goes on with another segment, from its start. */
    public void reset(MemorySegment next) {
        segment = next;
        position = 0;
        depth = 0;
    }

    /** Bytes read so far. */
    public long position() {
        return position;
    }

    /** Bytes not read yet. */
    public long remaining() {
        return segment.byteSize() - position;
    }

    private long take(long count, String what) {
        if (count < 0 || count > remaining()) {
            throw new MalformedDataException(
                    "expected " + what + " of " + count + " bytes at " + position + ", " + remaining() + " are left");
        }
        long at = position;
        position += count;
        return at;
    }

    private int takeLength(int elementBytes, String what) {
        long at = position;
        int length = getInt();
        if (length < 0 || (long) length * elementBytes > remaining()) {
            throw new MalformedDataException("expected length of " + what + " at " + at + ", found " + length + ", "
                    + remaining() + " are left");
        }
        return length;
    }

    /** Reads one byte, unsigned. */
    public int getByte() {
        return segment.get(ValueLayout.JAVA_BYTE, take(1, "byte")) & 0xff;
    }

    /** Reads one byte that is 0 or 1. */
    public boolean getBoolean() {
        int value = getByte();
        if (value > 1) {
            throw new MalformedDataException("expected 0 or 1 at " + (position - 1) + ", found " + value);
        }
        return value == 1;
    }

    /** Reads four bytes. */
    public int getInt() {
        return segment.get(INT, take(4, "int"));
    }

    /** Reads eight bytes. */
    public long getLong() {
        return segment.get(LONG, take(8, "long"));
    }

    /** Reads eight bytes in IEEE form. */
    public double getDouble() {
        return Double.longBitsToDouble(getLong());
    }

    /** Reads a length and so many bytes of UTF-8. */
    public String getString() {
        long at = position;
        byte[] bytes = getBytes();
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MalformedDataException("expected UTF-8 at " + at, e);
        }
    }

    /** Reads a length and so many bytes. */
    public byte[] getBytes() {
        int length = takeLength(1, "bytes");
        return segment.asSlice(take(length, "bytes"), length).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Reads a length and so many ints. */
    public int[] getInts() {
        int[] value = new int[takeLength(4, "ints")];
        for (int i = 0; i < value.length; i++) {
            value[i] = getInt();
        }
        return value;
    }

    /** Reads a length and so many longs. */
    public long[] getLongs() {
        long[] value = new long[takeLength(8, "longs")];
        for (int i = 0; i < value.length; i++) {
            value[i] = getLong();
        }
        return value;
    }

    /** Reads one byte, the index of one of the values. */
    public Enum<?> getEnum(Enum<?>[] values) {
        int ordinal = getByte();
        if (ordinal >= values.length) {
            throw new MalformedDataException("expected " + values[0].getDeclaringClass().getSimpleName() + " at "
                    + (position - 1) + ", found " + ordinal);
        }
        return values[ordinal];
    }

    /** Reads the components of a record, whose constructor may refuse them. */
    public <R extends Record> R getRecord(Class<R> type) {
        long at = position;
        if (++depth > MAX_DEPTH) {
            throw new MalformedDataException(
                    "expected at most " + MAX_DEPTH + " records in one another at " + at + ", found more");
        }
        try {
            R value = type.cast(RecordCodec.of(type).decode(this));
            depth--;
            return value;
        } catch (MalformedDataException e) {
            throw e;
        } catch (IllegalArgumentException | NullPointerException | ArithmeticException | IndexOutOfBoundsException e) {
            throw new MalformedDataException(
                    "expected " + type.getSimpleName() + " at " + at + ", found values that are none: " + e, e);
        }
    }

    /** Reads a length and so many records. */
    public <R extends Record> List<R> getRecords(Class<R> type) {
        int length = takeLength(1, "records");
        List<R> value = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            value.add(getRecord(type));
        }
        return List.copyOf(value);
    }

    /** Reads a length and so many strings. */
    public List<String> getStrings() {
        int length = takeLength(4, "strings");
        List<String> value = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            value.add(getString());
        }
        return List.copyOf(value);
    }
}
