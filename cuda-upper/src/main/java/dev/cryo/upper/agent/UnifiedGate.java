package dev.cryo.upper.agent;

import dev.cryo.upper.cuda.Notices;
import dev.cryo.upper.cuda.UnifiedMemory;
import dev.cryo.upper.gate.CheckpointGate;
import java.io.IOException;
import java.time.Duration;

/** A gate that no allocation of unified memory is in the middle of, and that opens when the shadow is in step again. */
record UnifiedGate(CheckpointGate gate, UnifiedMemory memory, ShadowPages pages) implements CheckpointGate {
    @Override
    public void close() {
        memory.hold();
    }

    @Override
    public boolean awaitQuiet(Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        if (!memory.awaitHeld(timeout.toNanos())) {
            return false;
        }
        gate.close();
        return gate.awaitQuiet(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
    }

    @Override
    public void suspend() throws IOException {
        pages.suspend();
    }

    @Override
    public void open() {
        try {
            pages.resume();
        } catch (IOException | RuntimeException e) {
            // Without it what the application computes could not be trusted.
            Notices.say("unified memory is lost after a checkpoint, and with it the lower half: " + e.getMessage());
            gate.lost();
        }
        gate.open();
        memory.letGo();
    }

    @Override
    public void lost() {
        gate.lost();
        memory.letGo();
    }
}
