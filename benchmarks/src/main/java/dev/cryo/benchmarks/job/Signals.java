package dev.cryo.benchmarks.job;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
        while (!hasEnded(pid)) {
            if (System.nanoTime() - end > 0) {
                throw new UnexpectedException("process " + pid + " did not end within " + GONE.toSeconds() + " s");
            }
            Thread.sleep(5);
        }
    }

    /** Gone, or a zombie of which no thread is left. */
    private static boolean hasEnded(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
            String[] behindName = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return behindName[0].equals("Z") && behindName[17].equals("1");
        } catch (IOException e) {
            return true;
        }
    }
}
