package dev.cryo.streamlog.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.RandomAccess;

/**
 * The index of a pack: its blocks, in the order in which they are stored. It is kept as {@link PackFormat} lays it out,
 * and what is asked of a block is read from there: packs have millions of blocks, and a JVM that has just begun, which
 * reads the packs of a job before its first image and at a restart, takes microseconds to make objects of one.
 */
final class PackIndex extends AbstractList<PackFormat.Entry> implements RandomAccess {
    private static final int WORDS = PackFormat.ENTRY_BYTES / Long.BYTES;

    private final long[] words;

    /** Copies an index from a buffer, from its position to its limit. */
    PackIndex(ByteBuffer entries) {
        words = new long[entries.remaining() / Long.BYTES];
        entries.order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(words);
    }

    @Override
    public int size() {
        return words.length / WORDS;
    }

    @Override
    public PackFormat.Entry get(int block) {
        return new PackFormat.Entry(
                new BlockId(high(block), low(block)),
                at(block),
                stored(block),
                bytes(block),
                codec(block),
                (int) (words[WORDS * block + 4] >>> Integer.SIZE));
    }

    /** Whether both are the same, block by block. */
    boolean isSame(PackIndex other) {
        return Arrays.equals(words, other.words);
    }

    /** The first half of a block's id. */
    long high(int block) {
        return words[WORDS * block];
    }

    /** The second half of a block's id. */
    long low(int block) {
        return words[WORDS * block + 1];
    }

    /** Where a block is stored. */
    long at(int block) {
        return words[WORDS * block + 2];
    }

    /** How many bytes are stored of a block. */
    int stored(int block) {
        return (int) words[WORDS * block + 3];
    }

    /** How many bytes a block has. */
    int bytes(int block) {
        return (int) (words[WORDS * block + 3] >>> Integer.SIZE);
    }

    /** The number of the codec that a block is stored by. */
    int codec(int block) {
        return (int) words[WORDS * block + 4];
    }
}
