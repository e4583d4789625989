package dev.cryo.benchmarks.job;

import dev.cryo.proxy.host.ProcessState;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Sends signals to processes by their ids. */
public final class Signals {
    private static final Duration GONE = Duration.ofSeconds(10);

    private Signals() {}

    /** Sends a signal, named without SIG; a process that is gone is no error. */
    public static void send(String signal, long pid) throws UnexpectedException, InterruptedException {
        kill(signal, pid, Long.toString(pid));
    }

    /** Sends a signal, named without SIG, to all processes of a group, by the id of the one that leads it. */
    public static void sendToGroup(String signal, long pid) throws UnexpectedException, InterruptedException {
        kill(signal, pid, "-" + pid);
    }

    private static void kill(String signal, long pid, String target) throws UnexpectedException, InterruptedException {
        if (pid <= 0) {
            throw new UnexpectedException("no process to send SIG" + signal + " to: its id is " + pid);
        }
        try {
            Process kill = new ProcessBuilder("kill", "-" + signal, "--", target)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            kill.waitFor(5, TimeUnit.SECONDS);
        } catch (IOException e) {
            throw new UnexpectedException("cannot run kill", e);
        }
    }

    /**
     * Waits until a process has ended, whether its parent has heard of that or not.
     *
     * @throws UnexpectedException if it does not go
     */
    public static void awaitEnd(long pid) throws UnexpectedException, InterruptedException {
        long end = System.nanoTime() + GONE.toNanos();
        while (!ProcessState.hasEnded(pid)) {
            if (System.nanoTime() - end > 0) {
                throw new UnexpectedException("process " + pid + " did not end within " + GONE.toSeconds() + " s");
            }
            Thread.sleep(5);
        }
    }
}
