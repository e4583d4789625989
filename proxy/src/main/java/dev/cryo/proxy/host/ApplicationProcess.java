package dev.cryo.proxy.host;

import dev.cryo.proxy.host.ApplicationCommand.Place;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * A running application: its root process, started here or restored from an image.
 *
 * <p>All methods may be called from any thread.
 */
public final class ApplicationProcess {
    /** How long the namespaces take to be made is milliseconds; a machine that swaps may need more. */
    private static final long START_MILLIS = 20_000;

    private final int pid;
    private final Place place;
    private final CompletableFuture<ExitStatus> exit;

    private ApplicationProcess(int pid, Place place, CompletableFuture<ExitStatus> exit) {
        this.pid = pid;
        this.place = place;
        this.exit = exit;
    }

    /**
     * Starts an application with its standard streams on the given pipes.
     *
     * @throws HostStateException when the program or its folder does not exist or may not be run
     */
    public static ApplicationProcess start(ApplicationCommand command, StandardStreams streams)
            throws HostStateException {
        ProcessBuilder builder = new ProcessBuilder(command.words())
                .directory(command.folder().toFile())
                .redirectInput(streams.inputPath().toFile())
                .redirectOutput(streams.outputPath().toFile())
                .redirectError(streams.errorPath().toFile());
        Map<String, String> environment = builder.environment();
        environment.clear();
        environment.putAll(command.environment());
        try {
            if (command.place() != Place.HERE) {
                Posix.becomeSubreaper();
                return adopt(builder.start(), command.place());
            }
            Process process = builder.start();
            return new ApplicationProcess((int) process.pid(), Place.HERE,
                    process.onExit().thenApply(ended -> ExitStatus.ofShellCode(ended.exitValue())));
        } catch (IOException e) {
            throw new HostStateException("cannot start " + command.command().getFirst(), e);
        }
    }

    /** A root process that has become a child of this process. */
    static ApplicationProcess child(int pid, Place place) {
        CompletableFuture<ExitStatus> exit = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("cryo-wait-" + pid).start(() -> {
            try {
                ExitStatus status = ExitStatus.ofWaitStatus(Posix.waitpid(pid));
                // A shell that is process 1 tells by its code how the program below it has ended.
                boolean told = place == Place.BELOW_PROCESS_ONE && status.signal() == 0;
                exit.complete(told ? ExitStatus.ofShellCode(status.code()) : status);
            } catch (IOException e) {
                exit.completeExceptionally(e);
            }
        });
        return new ApplicationProcess(pid, place, exit);
    }

    /**
     * The process id of the application's root process as seen from here; it is 1 in a namespace of its own. Zero for
     * an application that ended before its process was seen.
     */
    public int pid() {
        return pid;
    }

    /** Where it was started. */
    Place place() {
        return place;
    }

    /** Whether the program is process 1 of a namespace. */
    public boolean isProcessOne() {
        return place == Place.APART;
    }

    /** The process id of the program as seen from here: that of the root process, or of the one below it. */
    public int programPid() {
        if (place != Place.BELOW_PROCESS_ONE) {
            return pid;
        }
        List<String> below = words(children(pid));
        return below.isEmpty() ? pid : Integer.parseInt(below.getFirst());
    }

    /** Whether the root process has not ended. */
    public boolean isAlive() {
        return !exit.isDone();
    }

    /** Completes when the root process has ended; completing this future does nothing to the process. */
    public CompletableFuture<ExitStatus> onExit() {
        return exit.copy();
    }

    /** Sends a signal to the program; does nothing once it has ended. */
    public void signal(int signal) {
        if (pid > 0 && isAlive()) {
            Posix.kill(programPid(), signal);
        }
    }

    /** Ends the application by SIGKILL, with every process in its namespace; does not wait for it. */
    public void kill() {
        if (pid > 0 && isAlive()) {
            Posix.kill(pid, SignalNumbers.SIGKILL);
        }
    }

    /**
     * Takes the root process from unshare, which has forked it into the new namespaces and would wait for it: unshare
     * turns a death by SIGKILL into exit code 1 and a line on standard error (util-linux 2.38). It is stopped first, so
     * that it cannot take its child's status meanwhile.
     */
    private static ApplicationProcess adopt(Process unshare, Place place) throws IOException {
        int parent = (int) unshare.pid();
        Path children = children(parent);
        await(unshare, "unshare to start a process", () -> !words(children).isEmpty());
        Posix.kill(parent, SignalNumbers.SIGSTOP);
        await(unshare, "unshare to stop", () -> isStopped(parent));
        List<String> found = words(children);
        if (found.isEmpty()) {
            Posix.kill(parent, SignalNumbers.SIGCONT);
            return new ApplicationProcess(0, place,
                    unshare.onExit().thenApply(ended -> ExitStatus.ofShellCode(ended.exitValue())));
        }
        Posix.kill(parent, SignalNumbers.SIGKILL);
        await(unshare, "unshare to end", () -> false);
        ApplicationProcess adopted = child(Integer.parseInt(found.getFirst()), place);
        if (place == Place.BELOW_PROCESS_ONE) {
            await(adopted::isAlive, "the program to be started", () -> adopted.programPid() != adopted.pid);
        }
        return adopted;
    }

    private static Path children(int parent) {
        return Path.of("/proc/" + parent + "/task/" + parent + "/children");
    }

    private static void await(Process process, String what, BooleanSupplier condition) throws IOException {
        try {
            await(process::isAlive, what, condition);
        } catch (IOException e) {
            process.destroyForcibly();
            throw e;
        }
    }

    /** Waits for a condition or the end of a process, whatever comes first. */
    private static void await(BooleanSupplier alive, String what, BooleanSupplier condition) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(START_MILLIS);
        while (alive.getAsBoolean() && !condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new IOException("waited " + START_MILLIS + " ms for " + what);
            }
            pause();
        }
    }

    static boolean isStopped(int pid) {
        return lines(Path.of("/proc/" + pid + "/status")).stream()
                .anyMatch(line -> line.startsWith("State:") && (line.contains("T (") || line.contains("t (")));
    }

    private static List<String> words(Path file) {
        return lines(file).stream().flatMap(line -> Stream.of(line.strip().split(" ")))
                .filter(word -> !word.isEmpty()).toList();
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            // The process has just ended, which the caller sees by itself.
            return List.of();
        }
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while an application was started");
        }
    }
}
