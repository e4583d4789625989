package dev.cryo.proxy.supervisor;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The proxy's process. What it says is passed on as a message. It has a session of its own: a signal to the
 * supervisor's process group, as batch systems and terminals send them, is the supervisor's to answer.
 */
final class ProxyProcess implements AutoCloseable {
    private static final long END_SECONDS = 5;
    private static final long RECORD_SECONDS = 60;

    private final Process process;
    private final boolean ordinary;

    private ProxyProcess(Process process, boolean ordinary) {
        this.process = process;
        this.ordinary = ordinary;
    }

    /** Starts the proxy of a job, if its lower half is to be in one. */
    static Optional<ProxyProcess> startFor(Site site) throws IOException {
        if (!site.settings().hasProxy()) {
            return Optional.empty();
        }
        return Optional.of(start(
                site.installation().proxyCommand(site.folder(), site.settings().deviceArgument()),
                site.installation().startCache().recorded(),
                site.messages()));
    }

    /**
     * Starts one.
     *
     * @param recorded whether it has something to write when it ends, and so must be asked to end
     */
    private static ProxyProcess start(List<String> command, boolean recorded, Messages messages) throws IOException {
        List<String> apart = new ArrayList<>(List.of("setsid"));
        apart.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(apart);
        JavaCommand.DRIVER_ENVIRONMENT.forEach(builder.environment()::putIfAbsent);
        Process process = builder
                .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                .redirectErrorStream(true)
                .start();
        Thread.ofVirtual().start(() -> {
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                lines.lines().forEach(line -> messages.say("proxy: " + line));
            } catch (IOException | java.io.UncheckedIOException e) {
                messages.note("the proxy's output ended: " + e.getMessage());
            }
        });
        List<String> arguments = command.subList(1, command.size());
        process.onExit().thenRun(() -> endFrozenForks(arguments));
        return new ProxyProcess(process, !recorded);
    }

    /**
     * Ends what a killed proxy has left: the frozen fork of a capture that was being written is a copy of the proxy,
     * its
     * command line included, and holds the memory that it was forked with.
     */
    private static void endFrozenForks(List<String> arguments) {
        ProcessHandle.allProcesses()
                .filter(left -> left.info().arguments().map(List::of).orElse(List.of()).equals(arguments))
                .forEach(ProcessHandle::destroyForcibly);
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    /** How it ended, or that it still runs. */
    String fate() {
        try {
            if (!process.waitFor(1, TimeUnit.SECONDS)) {
                return "it still runs";
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "it may still run";
        }
        int code = process.exitValue();
        return code > 128 ? "killed by signal " + (code - 128) : "exit code " + code;
    }

    /** Ends it at once; it holds nothing that is needed any more. */
    @Override
    public void close() {
        try {
            // By its handle: a process that is asked to end through itself loses its output at once.
            if (ordinary || !process.toHandle().destroy() || !process.waitFor(RECORD_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the proxy, process " + process.pid() + ", cannot be killed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
