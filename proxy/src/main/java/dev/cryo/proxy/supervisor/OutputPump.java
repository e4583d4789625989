package dev.cryo.proxy.supervisor;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Copies what an application writes to where it belongs, by a thread of its own, until the end. Thread-safe. */
final class OutputPump {
    private static final int BUFFER = 1 << 16;

    private final InputStream from;
    private final OutputStream to;
    /** It has read what is not written yet. */
    private boolean holding;

    private boolean ended;
    private boolean abandoned;

    OutputPump(String name, InputStream from, OutputStream to) {
        this.from = from;
        this.to = to;
        Thread.ofPlatform().name("cryo-" + name).daemon().start(this::copy);
    }

    private void copy() {
        byte[] buffer = new byte[BUFFER];
        try {
            for (int count = from.read(buffer); count >= 0; count = from.read(buffer)) {
                holds(true);
                to.write(buffer, 0, count);
                to.flush();
                holds(false);
            }
        } catch (IOException e) {
            closeAfter(e);
        } finally {
            end();
        }
    }

    private synchronized void holds(boolean something) {
        holding = something;
    }

    private synchronized void end() {
        ended = true;
        notifyAll();
    }

    /** Nobody reads any more: the application is to see that as it would without cryo, by a broken pipe. */
    private void closeAfter(IOException cause) {
        try {
            from.close();
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
        System.getLogger(OutputPump.class.getName()).log(System.Logger.Level.DEBUG, "output ended", cause);
    }

    /**
     * Waits until all is copied, however long the reader of the copy takes, as the application itself would have. A
     * process that the application left behind may hold the pipe: it is not waited for once the pipe is empty.
     *
     * @param quiet how long the pipe must have been empty then
     * @return false if the rest was {@linkplain #abandon given up}
     */
    synchronized boolean finish(Duration quiet) throws InterruptedException {
        boolean wasEmpty = false;
        while (!ended && !abandoned) {
            TimeUnit.NANOSECONDS.timedWait(this, quiet.toNanos());
            boolean isEmpty = !holding && isEmpty();
            if (isEmpty && wasEmpty) {
                return true;
            }
            wasEmpty = isEmpty;
        }
        return ended;
    }

    private boolean isEmpty() {
        try {
            return from.available() == 0;
        } catch (IOException e) {
            return true; // It was closed.
        }
    }

    /** Gives up what has not been copied yet; copying may go on until this process ends. */
    synchronized void abandon() {
        abandoned = true;
        notifyAll();
    }
}
