package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.host.StandardStreams;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Copies standard input to whatever application the job has at the time, by a thread of its own. */
final class InputPump {
    private static final int BUFFER = 1 << 16;

    private final InputStream from;
    private @Nullable StandardStreams to;
    private boolean ended;

    InputPump(InputStream from) {
        this.from = from;
        Thread.ofPlatform().name("cryo-stdin").daemon().start(this::copy);
    }

    /**
     * Gives the input from now on to these streams; at the end of the input, that end. The application must have opened
     * them: opening a pipe whose writers have all left waits for one.
     */
    synchronized void connect(StandardStreams streams) {
        to = streams;
        if (ended) {
            endInput(streams);
        }
        notifyAll();
    }

    /** Keeps the input from now on for the next application. */
    synchronized void disconnect() {
        to = null;
    }

    private void copy() {
        byte[] buffer = new byte[BUFFER];
        try {
            for (int count = from.read(buffer); count >= 0; count = from.read(buffer)) {
                target().input().write(buffer, 0, count);
            }
        } catch (IOException e) {
            System.getLogger(InputPump.class.getName()).log(System.Logger.Level.DEBUG, "input ended", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            end();
        }
    }

    private synchronized StandardStreams target() throws InterruptedException {
        while (to == null) {
            wait();
        }
        return to;
    }

    private synchronized void end() {
        ended = true;
        if (to != null) {
            endInput(to);
        }
    }

    private static void endInput(StandardStreams streams) {
        try {
            streams.closeInput();
        } catch (IOException e) {
            System.getLogger(InputPump.class.getName()).log(System.Logger.Level.WARNING, "input cannot be ended", e);
        }
    }
}
