package dev.cryo.uvm.device;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Work that may write unified memory, from its submission to its end. Guarded by its owner's lock. */
final class Turn {
    private final long stream;
    private final long question;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final List<Kept> kept = new ArrayList<>();

    /** A block that stays in the application's sight and is brought up to date when the work has ended. */
    record Kept(Region region, int block) {}

    /** Work of a stream, submitted after so many {@linkplain ManagedMemory#asked questions}. */
    Turn(long stream, long question) {
        this.stream = stream;
        this.question = question;
    }

    long stream() {
        return stream;
    }

    long question() {
        return question;
    }

    /** Is completed when the work has ended and what was kept is up to date. */
    CompletableFuture<Void> ended() {
        return ended;
    }

    List<Kept> kept() {
        return kept;
    }
}
