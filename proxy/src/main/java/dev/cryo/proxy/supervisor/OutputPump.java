package dev.cryo.proxy.supervisor;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;

/** Copies what an application writes to where it belongs, by a thread of its own, until the end. */
final class OutputPump {
    private static final int BUFFER = 1 << 16;

    private final Thread thread;

    OutputPump(String name, InputStream from, OutputStream to) {
        thread = Thread.ofPlatform().name("cryo-" + name).daemon().start(() -> copy(from, to));
    }

    private static void copy(InputStream from, OutputStream to) {
        byte[] buffer = new byte[BUFFER];
        try {
            for (int count = from.read(buffer); count >= 0; count = from.read(buffer)) {
                to.write(buffer, 0, count);
                to.flush();
            }
        } catch (IOException e) {
            closeAfter(e, from);
        }
    }

    /** Nobody reads any more: the application is to see that as it would without cryo, by a broken pipe. */
    private static void closeAfter(IOException cause, InputStream from) {
        try {
            from.close();
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
        System.getLogger(OutputPump.class.getName()).log(System.Logger.Level.DEBUG, "output ended", cause);
    }

    /** Waits until all is copied, or the time is over: a process that the application left behind may hold the pipe. */
    void finish(Duration timeout) throws InterruptedException {
        thread.join(timeout);
    }
}
