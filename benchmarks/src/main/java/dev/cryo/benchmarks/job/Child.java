package dev.cryo.benchmarks.job;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A command that runs, and what it prints. Thread-safe. */
public final class Child {
    private static final Duration LAST_LINES = Duration.ofSeconds(2);

    private final String name;
    private final Process process;
    private final Lines out;
    private final Lines err;
    private final long startedNanos = System.nanoTime();

    Child(String name, Process process) {
        this.name = name;
        this.process = process;
        out = new Lines(name, process.getInputStream());
        err = new Lines(name + " (standard error)", process.getErrorStream());
    }

    /** Its standard output. */
    public Lines out() {
        return out;
    }

    /** Its standard error. */
    public Lines err() {
        return err;
    }

    /** When it was started, by {@link System#nanoTime}. */
    public long startedNanos() {
        return startedNanos;
    }

    /** Its process id. */
    public long pid() {
        return process.pid();
    }

    /** Whether it runs. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** Writes to its standard input. */
    public void write(String text) throws IOException {
        OutputStream in = process.getOutputStream();
        in.write(text.getBytes(StandardCharsets.UTF_8));
        in.flush();
    }

    /** Closes its standard input. */
    public void endInput() throws IOException {
        process.getOutputStream().close();
    }

    /** Sends it a signal, by name without SIG. */
    public void signal(String signal) throws UnexpectedException, InterruptedException {
        Signals.send(signal, pid());
    }

    /**
     * Waits for its end.
     *
     * @throws UnexpectedException if it does not end in time; it goes on then
     */
    public int exitCode(Duration limit) throws UnexpectedException, InterruptedException {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new UnexpectedException(
                    name + " did not end within " + limit.toSeconds() + " s; " + printed());
        }
        out.awaitEnd(LAST_LINES);
        err.awaitEnd(LAST_LINES);
        return process.exitValue();
    }

    /**
     * Waits for its end, which must be one without failure.
     *
     * @throws UnexpectedException with what it printed if it fails, or does not end in time
     */
    public Child succeed(Duration limit) throws UnexpectedException, InterruptedException {
        int code = exitCode(limit);
        if (code != 0) {
            throw new UnexpectedException(name + " exited with " + code + "; " + printed());
        }
        return this;
    }

    /** What it printed so far, for a message. */
    public String printed() {
        return "it printed:\n" + out.text() + "\nand on standard error:\n" + err.text();
    }

    /** Ends it and everything that it has started, at once, and waits for that. */
    void end() {
        List<ProcessHandle> all = process.descendants().toList();
        process.destroyForcibly();
        all.forEach(ProcessHandle::destroyForcibly);
        try {
            process.waitFor(10, TimeUnit.SECONDS);
            for (ProcessHandle each : all) {
                each.onExit().get(10, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            System.err.println("cryo: what " + name + " started has not ended: " + e);
        }
    }
}
