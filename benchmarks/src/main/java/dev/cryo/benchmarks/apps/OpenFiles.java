package dev.cryo.benchmarks.apps;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Keeps things open that a restart must bring back, and verifies each of them after every step: files, a deleted file,
 * a pipe, local and listening sockets, standard input, timers, and what the process was started with.
 *
 * <p>Options: {@code --dir D} (where its files go; a new temporary folder if not given), {@code --stdin} (read one line
 * {@code line K} in step K), {@code --connect} (connect to the listening socket in every step, not only at the end),
 * {@code --max-jump-ms 5000} (how much longer than planned a step may take by System.nanoTime), {@code --steps 20
 * --step-ms 100}.
 */
public final class OpenFiles implements Program.Body {
    /** One thing that is held open. */
    interface Held extends AutoCloseable {
        /** Uses it and verifies it. */
        void step(int step) throws Exception;

        /** Adds what it read in all steps to the digest. */
        default void finish(Digest digest) throws Exception {}

        @Override
        void close() throws IOException;
    }

    private final DeviceCounter counter = new DeviceCounter();
    private final List<Held> held;
    private int[] last = new int[0];

    private OpenFiles(Options options) throws IOException {
        Path folder = options.text("dir").isEmpty()
                ? Files.createTempDirectory("open-files")
                : Files.createDirectories(Path.of(options.text("dir")));
        held = List.of(
                new HeldLog(folder.resolve("steps.txt")),
                new HeldDeletedFile(folder.resolve("deleted.bin")),
                HeldBytes.inPipe(),
                HeldBytes.inLocalSocket(folder.resolve("socket")),
                new HeldListener(options.has("connect")),
                new HeldClock(options.count("step-ms"), options.count("max-jump-ms")),
                new HeldSurroundings(options.has("stdin")));
    }

    /** Runs the application. */
    public static void main(String[] args) {
        Program.main(
                args,
                OpenFiles::new,
                "dir", "", "stdin", "false", "connect", "false", "max-jump-ms", "5000",
                "steps", "20", "step-ms", "100");
    }

    @Override
    public void step(int step) throws Exception {
        last = counter.step(step);
        for (Held each : held) {
            each.step(step);
        }
    }

    @Override
    public String finish() throws Exception {
        var digest = new Digest().add(last);
        for (Held each : held) {
            each.finish(digest);
        }
        return digest.hex();
    }

    @Override
    public void close() throws IOException {
        for (Held each : held) {
            each.close();
        }
        counter.close();
    }
}
