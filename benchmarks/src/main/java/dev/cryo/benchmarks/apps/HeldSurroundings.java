package dev.cryo.benchmarks.apps;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TimeZone;

/** What the process was started with: standard input, environment, working directory, locale, time zone. */
final class HeldSurroundings implements OpenFiles.Held {
    private record Surroundings(
            Map<String, String> environment, Path directory, Locale locale, TimeZone zone, Charset charset) {
        static Surroundings now() throws IOException {
            return new Surroundings(
                    Map.copyOf(System.getenv()),
                    // The directory as the kernel has it, not as Java remembered it at the start.
                    Files.readSymbolicLink(Path.of("/proc/self/cwd")),
                    Locale.getDefault(),
                    TimeZone.getDefault(),
                    Charset.defaultCharset());
        }
    }

    private final boolean readInput;
    private final BufferedReader input =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    private final Surroundings atStart = Surroundings.now();

    HeldSurroundings(boolean readInput) throws IOException {
        this.readInput = readInput;
    }

    @Override
    public void step(int step) throws IOException {
        Surroundings now = Surroundings.now();
        Program.check(atStart.equals(now), "started with " + atStart + ", now " + now);
        if (readInput) {
            String line = input.readLine();
            Program.check(("line " + step).equals(line), "standard input gave " + line + " in step " + step);
        }
    }

    @Override
    public void close() {}
}
