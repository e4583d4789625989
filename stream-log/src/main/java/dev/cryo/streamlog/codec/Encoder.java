package dev.cryo.streamlog.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** A growing buffer that records are encoded into. Not thread-safe; meant to be kept and {@linkplain #reset reused}. */
public final class Encoder {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private byte[] bytes;
    private int size;

    /** An empty buffer. */
    public Encoder() {
        bytes = new byte[256];
    }

    /** Empties the buffer. */
    public void reset() {
        size = 0;
    }

    /** Bytes written since the last reset. */
    public int size() {
        return size;
    }

    /** The buffer itself; its first {@link #size} bytes count, until the next write. */
    public byte[] array() {
        return bytes;
    }

    /** A copy of what was written. */
    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, size);
    }

    private int reserve(int count) {
        int at = size;
        if (count > bytes.length - at) {
            bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(at, count), bytes.length * 2));
        }
        size = at + count;
        return at;
    }

    /** Writes one byte. */
    public void putByte(int value) {
        int at = reserve(1);
        bytes[at] = (byte) value;
    }

    /** Writes one byte, 0 or 1. */
    public void putBoolean(boolean value) {
        putByte(value ? 1 : 0);
    }

    /** Writes four bytes. */
    public void putInt(int value) {
        int at = reserve(4);
        INT.set(bytes, at, value);
    }

    /** Writes eight bytes. */
    public void putLong(long value) {
        int at = reserve(8);
        LONG.set(bytes, at, value);
    }

    /** Writes the eight bytes of the IEEE form. */
    public void putDouble(double value) {
        putLong(Double.doubleToRawLongBits(value));
    }

    /** Writes the length in bytes and the UTF-8 form. */
    public void putString(String value) {
        putBytes(value.getBytes(StandardCharsets.UTF_8));
    }

    /** Writes the length and the bytes. */
    public void putBytes(byte[] value) {
        putInt(value.length);
        putRaw(value, 0, value.length);
    }

    /** Writes bytes alone. */
    public void putRaw(byte[] value, int offset, int length) {
        int at = reserve(length);
        System.arraycopy(value, offset, bytes, at, length);
    }

    /** Writes the length and the elements. */
    public void putInts(int[] value) {
        putInt(value.length);
        for (int element : value) {
            putInt(element);
        }
    }

    /** Writes the length and the elements. */
    public void putLongs(long[] value) {
        putInt(value.length);
        for (long element : value) {
            putLong(element);
        }
    }

    /** Writes the ordinal, one byte. */
    public void putEnum(Enum<?> value) {
        putByte(value.ordinal());
    }

    /** Writes the components of a record, one after the other. */
    public void putRecord(Record value) {
        RecordCodec.of(value.getClass()).encode(value, this);
    }

    /** Writes the length and the records. */
    public void putRecords(List<? extends Record> value) {
        putInt(value.size());
        for (Record element : value) {
            putRecord(element);
        }
    }

    /** Writes the length and the strings. */
    public void putStrings(List<String> value) {
        putInt(value.size());
        for (String element : value) {
            putString(element);
        }
    }
}
