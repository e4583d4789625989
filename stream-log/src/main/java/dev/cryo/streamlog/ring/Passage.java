package dev.cryo.streamlog.ring;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.codec.Encoder;
import org.jspecify.annotations.Nullable;

/**
 * How far a call has come on its way, so that another thread can take it to its end when an error of the virtual
 * machine (no memory, no stack) stops its own. Kept by a thread and used again for its next call.
 *
 * <p>Fields are written by plain assignments alone, which cannot fail: what they say is true at every moment.
 */
final class Passage {
    static final int NONE = -1;

    /** The call, or the place of the call in staging. */
    final Encoder encoder = new Encoder();

    /** A call that waits, until it was answered. */
    @Nullable Call call;
    /** The slot of the answer, or {@link #NONE}. */
    int slot = NONE;
    /** Where the call lies in staging until the dispatcher is told of it, or {@link #NONE}. */
    long stagingAt = NONE;

    int stagingBytes;
    /** The record's value for its slot. */
    int recordSlot;
    /** What is claimed in the ring and not published yet: {@code [from, to)}. */
    long from;

    long to;
    /** Whether the record has been published with the call. */
    boolean sent;
    /** Whether the log has the call: a queued one is then sent, an answered one done. */
    boolean logged;
    /** Whether nothing more is to be learned from the slot. */
    boolean finished;
    /** Given away to whoever comes next; its thread takes a new one. */
    volatile boolean left;

    @Nullable Passage nextLeft;

    /** Begins anew. */
    void begin() {
        encoder.reset();
        slot = NONE;
        stagingAt = NONE;
        recordSlot = RingDescriptor.NO_SLOT;
        from = 0;
        to = 0;
        sent = false;
        logged = false;
        finished = false;
    }
}
