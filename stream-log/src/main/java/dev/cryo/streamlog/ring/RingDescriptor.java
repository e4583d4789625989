package dev.cryo.streamlog.ring;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The layout of the shared memory. All numbers are in native byte order; both processes are on one machine.
 *
 * <pre>
 *   0        +--------------------------------------------+
 *            |  header, words on cache lines of their own  |
 *   4 KiB    +--------------------------------------------+
 *            |  answer slots, 512 of 16 KiB                |
 *            +--------------------------------------------+
 *            |  ring of records, 8 MiB                     |
 *            +--------------------------------------------+
 *            |  states of the staging chunks, 4 bytes each |
 *            +--------------------------------------------+
 *            |  staging, 1024 chunks of 64 KiB             |
 *            +--------------------------------------------+
 *
 *   record:  | length, 4 | slot, 4 | the call, padded to 8 |
 *   slot:    | state, 4 | error, 4 | length, 4 | - | the result |
 * </pre>
 *
 * <p>A record's length is written last, with release; 0 means that it is claimed but not written. The reader zeroes
 * what
 * it has read before it moves the head. A slot of -1 means that nobody waits.
 */
final class RingDescriptor {
    static final long MAGIC = 0x31676e69526f7943L; // "CyoRing1"

    static final long MAGIC_OFFSET = 0;
    /** The place after the last claimed record; {@link #CLOSED} is set while the gate is closed. */
    static final long TAIL_OFFSET = 64;
    /** The place of the next record to read. */
    static final long HEAD_OFFSET = 128;
    /** 1 while the dispatcher sleeps on this word. */
    static final long DISPATCHER_ASLEEP_OFFSET = 192;
    /** Grows each time the gate opens; producers at a closed gate sleep on it. */
    static final long GATE_OFFSET = 256;
    static final long FAULT_EPOCH_OFFSET = 320;
    /** 1 once the lower half is gone for good. */
    static final long LOST_OFFSET = 384;
    /** Grows when space comes free, in the ring or in staging, while {@link #SPACE_WAITERS_OFFSET} is not 0. */
    static final long SPACE_OFFSET = 448;
    static final long SPACE_WAITERS_OFFSET = 512;

    static final long CLOSED = Long.MIN_VALUE;

    static final int SLOTS = 512;
    static final long SLOT_BYTES = 16 * 1024;
    static final long SLOTS_OFFSET = 4096;
    static final long SLOT_STATE = 0;
    static final long SLOT_ERROR = 4;
    static final long SLOT_LENGTH = 8;
    static final long SLOT_RESULT = 16;

    static final int SLOT_IDLE = 0;
    /** A record that names the slot is in the ring or being executed. */
    static final int SLOT_CALLING = 1;
    /** As {@link #SLOT_CALLING}, and the caller sleeps on the state. */
    static final int SLOT_ASLEEP = 2;
    static final int SLOT_ANSWERED = 3;

    static final long RING_OFFSET = SLOTS_OFFSET + SLOTS * SLOT_BYTES;
    static final int RING_BYTES = 8 << 20;
    /** A call of more bytes is laid into staging, and its record holds the offset and the length. */
    static final int INLINE_LIMIT = 256 << 10;

    static final long RECORD_LENGTH = 0;
    static final long RECORD_SLOT = 4;
    static final long RECORD_CALL = 8;
    static final int NO_SLOT = -1;
    /** The slot of a record that only fills the ring's end. */
    static final int PADDING = -2;
    /** Added to the slot of a record whose call lies in staging. */
    static final int INDIRECT = 1 << 16;

    static final int CHUNKS = 1024;
    static final int CHUNK_BYTES = 64 << 10;
    static final long CHUNK_STATES_OFFSET = RING_OFFSET + RING_BYTES;
    static final long STAGING_OFFSET = CHUNK_STATES_OFFSET + CHUNKS * 4L;
    static final long TOTAL_BYTES = STAGING_OFFSET + (long) CHUNKS * CHUNK_BYTES;

    static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
    static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

    private RingDescriptor() {}

    static long slotOffset(int slot) {
        return SLOTS_OFFSET + slot * SLOT_BYTES;
    }

    static long recordOffset(long position) {
        return RING_OFFSET + (position & (RING_BYTES - 1));
    }

    /** The bytes from a position to the ring's end. */
    static int bytesToEnd(long position) {
        return RING_BYTES - (int) (position & (RING_BYTES - 1));
    }

    static int align(int bytes) {
        return (bytes + 7) & ~7;
    }
}
