package dev.cryo.benchmarks.endtoend;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cryo.benchmarks.job.CommandLine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A library in the place of NVIDIA's driver that does nothing to processes but keep their states, for machines without
 * a GPU; compiled from {@code fake-libcuda.c}, which tells what its files are.
 *
 * @param folder of its own
 */
record FakeCuda(Path folder) {
    static final int CHECKPOINTED = 2;
    static final int FAILED = 3;
    static final int UNCHANGED = -1;

    /** In a new folder below this one; the test is skipped where there is no gcc. */
    static FakeCuda in(Path parent) throws IOException, InterruptedException {
        assumeTrue(hasGcc(), "needs gcc, to compile a stand-in for the CUDA driver");
        FakeCuda fake = new FakeCuda(Files.createDirectories(parent.resolve("fake-cuda")));
        Path source = fake.folder.resolve("fake-libcuda.c");
        try (InputStream code = FakeCuda.class.getResourceAsStream("fake-libcuda.c")) {
            Files.copy(code, source);
        }
        int code = new ProcessBuilder(
                        "gcc", "-Wall", "-Werror", "-shared", "-fPIC",
                        "-o", fake.folder.resolve("libcuda.so.1").toString(), source.toString())
                .inheritIO()
                .start()
                .waitFor();
        if (code != 0) {
            throw new IOException("gcc exited with " + code);
        }
        fake.gpus("eea0d83febcdac276b3ebec2a19724e6 Fake One");
        return fake;
    }

    private static boolean hasGcc() throws InterruptedException {
        try {
            return new ProcessBuilder("gcc", "--version")
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** The command line with this as the driver. */
    CommandLine under(CommandLine cryo) {
        return cryo.with("LD_LIBRARY_PATH", folder.toString()).with("CRYO_FAKE_CUDA", folder.toString());
    }

    /** Names of the programs that use CUDA from now on. */
    void users(String... names) throws IOException {
        Files.write(folder.resolve("processes"), List.of(names));
    }

    void gpus(String... gpus) throws IOException {
        Files.write(folder.resolve("gpus"), List.of(gpus));
    }

    void version(int version) throws IOException {
        Files.writeString(folder.resolve("version"), version + "\n");
    }

    /** Lets an operation fail from now on, so many times. */
    void fail(String operation, int code, int times, int state) throws IOException {
        Files.writeString(folder.resolve("fail"), operation + " " + code + " " + times + " " + state + "\n");
    }

    /** Processes that it has not seen come from images from now on. */
    void allElseIsCheckpointed() throws IOException {
        Files.writeString(folder.resolve("initial"), CHECKPOINTED + "\n");
    }

    /** What was asked of it, and forgets it. */
    List<String> calls() throws IOException {
        Path calls = folder.resolve("calls");
        List<String> all = Files.exists(calls) ? Files.readAllLines(calls) : List.of();
        Files.deleteIfExists(calls);
        return all;
    }

    /** What it thinks that a process does. */
    int state(long pid) throws IOException {
        return Integer.parseInt(Files.readString(folder.resolve("state-" + pid)).strip());
    }
}
