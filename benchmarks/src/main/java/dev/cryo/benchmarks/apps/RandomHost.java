package dev.cryo.benchmarks.apps;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Pipe;
import java.util.Random;
import java.util.zip.CRC32;

/** What a thread of the host can do with a part of a region: each way of access that Java has. */
final class RandomHost {
    /** Fits into a pipe, so that one thread can write and then read it. */
    private static final int MOST_PIPED = 16_384;

    private final Random random;
    private final Pipe pipe;

    RandomHost(Random random) throws IOException {
        this.random = random;
        this.pipe = Pipe.open();
    }

    /** Writes the same to the memory and to what is expected of it. */
    String write(RandomRegion region, int from, int to) throws IOException {
        ByteOrder order = random.nextBoolean() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        ByteBuffer memory = region.view().slice(from, to - from).order(order);
        ByteBuffer expected = region.expected().slice(from, to - from).order(order);
        byte[] values = new byte[to - from];
        random.nextBytes(values);
        switch (random.nextInt(9)) {
            case 0 -> {
                memory.put(values);
                expected.put(values);
                return "write by put(byte[])";
            }
            case 1 -> {
                scatter(memory, expected);
                return "write of scattered values, " + order;
            }
            case 2 -> {
                for (int i = 0; i < values.length; i += 1 + random.nextInt(4000)) {
                    memory.put(i, values[i]);
                    expected.put(i, values[i]);
                }
                return "write of scattered bytes";
            }
            case 3 -> {
                int[] words = random.ints(values.length / Integer.BYTES).toArray();
                memory.asIntBuffer().put(words);
                expected.asIntBuffer().put(words);
                return "write by IntBuffer, " + order;
            }
            case 4 -> {
                double[] words = random.doubles(values.length / Double.BYTES).toArray();
                memory.asDoubleBuffer().put(words);
                expected.asDoubleBuffer().put(words);
                return "write by DoubleBuffer, " + order;
            }
            case 5 -> {
                MemorySegment.ofBuffer(memory).copyFrom(MemorySegment.ofArray(values));
                expected.put(values);
                return "write by MemorySegment.copyFrom";
            }
            case 6 -> {
                byte value = (byte) random.nextInt();
                MemorySegment.ofBuffer(memory).fill(value);
                MemorySegment.ofBuffer(expected).fill(value);
                return "write by MemorySegment.fill";
            }
            case 7 -> {
                int bytes = Math.min(values.length, MOST_PIPED);
                expected.put(values, 0, bytes);
                piped(ByteBuffer.wrap(values, 0, bytes), memory.slice(0, bytes));
                return "read of a pipe into it";
            }
            case 8 -> {
                memory.put(ByteBuffer.allocateDirect(values.length).put(values).flip());
                expected.put(values);
                return "write by put(ByteBuffer)";
            }
            default -> throw new IllegalStateException("nextInt(9) gave another number");
        }
    }

    private void scatter(ByteBuffer memory, ByteBuffer expected) {
        int step = 1 + random.nextInt(6000);
        for (int i = 0; i + Long.BYTES <= memory.capacity(); i += 1 + random.nextInt(step)) {
            long value = random.nextLong();
            int kind = random.nextInt(6);
            put(memory, kind, i, value);
            put(expected, kind, i, value);
        }
    }

    private static void put(ByteBuffer to, int kind, int at, long value) {
        switch (kind) {
            case 0 -> to.put(at, (byte) value);
            case 1 -> to.putShort(at, (short) value);
            case 2 -> to.putChar(at, (char) value);
            case 3 -> to.putInt(at, (int) value);
            case 4 -> to.putLong(at, value);
            // From an integer: not every pattern of bits comes through as a number.
            case 5 -> to.putDouble(at, (double) value);
            default -> throw new IllegalArgumentException("no kind of value: " + kind);
        }
    }

    private static long get(ByteBuffer from, int kind, int at) {
        return switch (kind) {
            case 0 -> from.get(at);
            case 1 -> from.getShort(at);
            case 2 -> from.getChar(at);
            case 3 -> from.getInt(at);
            case 4 -> from.getLong(at);
            case 5 -> Double.doubleToRawLongBits(from.getDouble(at));
            default -> throw new IllegalArgumentException("no kind of value: " + kind);
        };
    }

    private void piped(ByteBuffer from, ByteBuffer to) throws IOException {
        while (from.hasRemaining()) {
            pipe.sink().write(from);
        }
        while (to.hasRemaining()) {
            pipe.source().read(to);
        }
    }

    /** Reads and compares. */
    String read(RandomRegion region, int from, int to) throws IOException {
        ByteOrder order = random.nextBoolean() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        ByteBuffer memory = region.view().slice(from, to - from).order(order);
        ByteBuffer expected = region.expected().slice(from, to - from).order(order);
        byte[] values = new byte[to - from];
        switch (random.nextInt(6)) {
            case 0 -> {
                region.verify(from, to);
                return "comparison";
            }
            case 1 -> {
                for (int i = 0; i + Long.BYTES <= values.length; i += 1 + random.nextInt(6000)) {
                    int kind = random.nextInt(6);
                    if (get(memory, kind, i) != get(expected, kind, i)) {
                        region.fail(from + i, memory.get(i), ", read as a value of kind " + kind + ", " + order + ",");
                    }
                }
                return "read of scattered values, " + order;
            }
            case 2 -> {
                memory.get(values);
                compare(region, from, values, ", read by get(byte[]),");
                return "read by get(byte[])";
            }
            case 3 -> {
                MemorySegment.ofArray(values).copyFrom(MemorySegment.ofBuffer(memory));
                compare(region, from, values, ", read by MemorySegment.copyFrom,");
                return "read by MemorySegment.copyFrom";
            }
            case 4 -> {
                int bytes = Math.min(values.length, MOST_PIPED);
                byte[] part = new byte[bytes];
                piped(memory.slice(0, bytes), ByteBuffer.wrap(part));
                compare(region, from, part, ", written to a pipe,");
                return "write of it to a pipe";
            }
            case 5 -> {
                if (sum(memory) != sum(expected)) {
                    region.verify(from, to);
                    region.fail(from, memory.get(0), ", whose checksum is wrong,");
                }
                return "checksum";
            }
            default -> throw new IllegalStateException("nextInt(6) gave another number");
        }
    }

    private static long sum(ByteBuffer of) {
        CRC32 sum = new CRC32();
        sum.update(of.duplicate());
        return sum.getValue();
    }

    private static void compare(RandomRegion region, int from, byte[] values, String how) {
        int at = ByteBuffer.wrap(values).mismatch(region.expected().slice(from, values.length));
        if (at >= 0) {
            region.fail(from + at, values[at], how);
        }
    }

    /** Copies from one region to another, as buffers. */
    static String copy(RandomRegion from, int at, RandomRegion to, int offset, int bytes) {
        to.view().slice(offset, bytes).put(from.view().slice(at, bytes));
        to.expected().slice(offset, bytes).put(copyOf(from, at, bytes));
        return "put of a buffer over another region";
    }

    /** What a part of a region must hold. */
    static byte[] copyOf(RandomRegion region, int at, int bytes) {
        byte[] values = new byte[bytes];
        region.expected().get(at, values);
        return values;
    }
}
