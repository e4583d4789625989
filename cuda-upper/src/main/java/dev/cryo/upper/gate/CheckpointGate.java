package dev.cryo.upper.gate;

import dev.cryo.streamlog.ring.RingClient;
import java.io.IOException;
import java.time.Duration;

/** Holds up the application's calls around a checkpoint. Used by one thread. */
public interface CheckpointGate {
    /** Holds up calls that come from now on. */
    void close();

    /** Lets calls pass again. */
    void open();

    /**
     * Waits until no call is under way, the gate being closed.
     *
     * @return whether that came true in time
     */
    boolean awaitQuiet(Duration timeout) throws InterruptedException;

    /**
     * Makes the process ready for a host dump, the gate being closed and the lower half having left its memory.
     *
     * @throws IOException if that cannot be
     */
    default void suspend() throws IOException {
        // Most need nothing.
    }

    /** Ends all waiting: the lower half is gone. */
    void lost();

    /** The gate of a ring. */
    static CheckpointGate of(RingClient ring) {
        return new CheckpointGate() {
            @Override
            public void close() {
                ring.closeGate();
            }

            @Override
            public void open() {
                ring.openGate();
            }

            @Override
            public boolean awaitQuiet(Duration timeout) throws InterruptedException {
                return ring.awaitQuiet(timeout);
            }

            @Override
            public void lost() {
                ring.lost();
            }
        };
    }
}
