package dev.cryo.streamlog.image;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Finds blocks by their ids in the indices of packs; where several have one, in the first of them. An open-addressed
 * hash table of places, for the reasons of {@link PackIndex}. Immutable.
 */
final class BlockTable {
    /** No block's place. */
    static final long NONE = -1;

    /** Other ones in each run: so nobody can write a pack whose ids all want the same slot. */
    private static final long OF_HIGH = ThreadLocalRandom.current().nextLong() | 1;

    private static final long OF_LOW = ThreadLocalRandom.current().nextLong() | 1;

    private final List<PackIndex> indices;
    /** Places, each at or soon behind the slot that its id wants. */
    private final long[] slots;

    private final int shift;

    /** Finds the blocks of some indices. */
    BlockTable(List<PackIndex> indices) {
        this.indices = List.copyOf(indices);
        long blocks = indices.stream().mapToLong(PackIndex::size).sum();
        // At least half of the slots are free, so that a search soon meets one.
        slots = new long[Math.toIntExact(Long.highestOneBit(2 * blocks + 1) * 2)];
        shift = Long.SIZE - Integer.numberOfTrailingZeros(slots.length);
        Arrays.fill(slots, NONE);
        for (int i = 0; i < indices.size(); i++) {
            PackIndex index = indices.get(i);
            for (int block = 0; block < index.size(); block++) {
                int slot = slot(index.high(block), index.low(block));
                if (slots[slot] == NONE) {
                    slots[slot] = (long) i << Integer.SIZE | block;
                }
            }
        }
    }

    /** Where a block is: to be told by {@link #index} and {@link #block}; {@link #NONE} if it is in no index. */
    long find(BlockId id) {
        return slots[slot(id.high(), id.low())];
    }

    /** The slot that has the place of an id, or would have. */
    private int slot(long high, long low) {
        int slot = (int) ((high * OF_HIGH + low * OF_LOW) >>> shift);
        while (slots[slot] != NONE && !isAt(slots[slot], high, low)) {
            slot = (slot + 1) & (slots.length - 1);
        }
        return slot;
    }

    private boolean isAt(long place, long high, long low) {
        PackIndex index = indices.get(index(place));
        int block = block(place);
        return index.high(block) == high && index.low(block) == low;
    }

    /** Which of the indices a place is in. */
    static int index(long place) {
        return (int) (place >>> Integer.SIZE);
    }

    /** Which of an index's blocks a place is. */
    static int block(long place) {
        return (int) place;
    }
}
