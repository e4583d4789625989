package dev.cryo.upper.gate;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Checkpoints that the application itself asks for. Thread-safe. */
public final class CheckpointRequests {
    private final List<CompletableFuture<Outcome>> waiting = new ArrayList<>();
    /** Those first ones of {@link #waiting} that the checkpoint under way answers. */
    private int underWay;

    CheckpointRequests() {}

    /**
     * How a checkpoint ended.
     *
     * @param taken whether it was taken
     * @param failures why it was not, or what resources threw after it
     */
    public record Outcome(boolean taken, List<Throwable> failures) {}

    /** Sends a request. */
    @FunctionalInterface
    interface Sender {
        void send() throws IOException;
    }

    Outcome request(Duration timeout, Sender sender) throws InterruptedException {
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        synchronized (this) {
            waiting.add(outcome);
        }
        try {
            sender.send();
            return outcome.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (IOException | ExecutionException e) {
            return new Outcome(false, List.of(e));
        } catch (TimeoutException e) {
            String why = "waited " + timeout.toSeconds() + " s for a checkpoint";
            return new Outcome(false, List.of(new IOException(why, e)));
        } finally {
            forget(outcome);
        }
    }

    private synchronized void forget(CompletableFuture<Outcome> outcome) {
        int at = waiting.indexOf(outcome);
        if (at >= 0) {
            waiting.remove(at);
            underWay -= at < underWay ? 1 : 0;
        }
    }

    /** A checkpoint has begun. */
    synchronized void begun() {
        underWay = waiting.size();
    }

    /** The checkpoint was taken. */
    synchronized void ended(List<Throwable> afterwards) {
        complete(underWay, new Outcome(true, List.copyOf(afterwards)));
    }

    /** The checkpoint failed, or none was begun. */
    synchronized void failed(List<? extends Throwable> why) {
        complete(underWay == 0 ? waiting.size() : underWay, new Outcome(false, List.copyOf(why)));
    }

    private void complete(int count, Outcome outcome) {
        waiting.subList(0, count).forEach(each -> each.complete(outcome));
        underWay = 0;
    }
}
