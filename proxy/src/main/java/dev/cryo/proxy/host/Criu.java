package dev.cryo.proxy.host;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The program CRIU, where it is usable.
 *
 * <p>It is looked for at the variable {@value #OVERRIDE}, then where {@code cryo setup} puts it, then on PATH, then in
 * the kit that cryo is started from; the first one that works is taken.
 */
public final class Criu {
    /** The environment variable that names the program. */
    public static final String OVERRIDE = "CRYO_CRIU";

    /** The property that names the folder of cryo's own parts. */
    static final String DIST = "cryo.dist";

    private static final String UNUSABLE = "the host state cannot be saved by CRIU here";
    private static final Pattern TWO_NUMBERS = Pattern.compile("([0-9]{1,6})\\.([0-9]{1,6}).*");
    private static final int CAP_SYS_ADMIN = 21;
    private static final Duration CHECK_LIMIT = Duration.ofSeconds(20);

    /** How long CRIU may take to let an application go once its writes fail; measured: below a second. */
    private static final Duration LET_GO_LIMIT = Duration.ofSeconds(30);

    /** How often a dump looks for what it dumps. */
    private static final long LOOK_MILLIS = 50;

    /** Starts CRIU so that a write above its limit fails, instead of ending it by the signal SIGXFSZ. */
    private static final List<String> WRITES_MAY_FAIL = List.of("/bin/sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\"");

    private final Path program;
    private final String version;

    private Criu(Path program, String version) {
        this.program = program;
        this.version = version;
    }

    /** What became of one run of the program. */
    record Run(Ending ending, int exitCode, String output) {
        boolean success() {
            return ending == Ending.BY_ITSELF && exitCode == 0;
        }
    }

    /** How a run ended. */
    enum Ending {
        BY_ITSELF,
        /** It was made to give up at its time limit, and has cleaned up. */
        GIVEN_UP,
        /** It was killed at its time limit. */
        KILLED,
        /** It was killed as what it should dump had ended, which it may wait for without an end (decision 20). */
        WITHOUT_SUBJECT
    }

    /** What is done with CRIU at its time limit. */
    private interface AtLimit {
        Ending end(Process process) throws InterruptedException;
    }

    /**
     * Finds CRIU and runs its own check of this machine.
     *
     * @throws HostStateException when it is missing or cannot work here, with the reason and what would help
     */
    public static Criu usable(Map<String, String> environment) throws HostStateException {
        if (!isAdministrator()) {
            throw unusable("CRIU needs root (CAP_SYS_ADMIN), which user " + System.getProperty("user.name")
                    + " has not; run as root, or launch with --host app");
        }
        for (String tool : List.of("unshare", "setsid")) {
            if (CriuPlaces.onPath(tool, environment).isEmpty()) {
                throw unusable("the program " + tool + " is missing; install the package util-linux");
            }
        }
        List<Criu> working = new ArrayList<>();
        List<String> reasons = new ArrayList<>();
        for (Path program : CriuPlaces.of(environment, System.getProperty(DIST))) {
            Run version = run(program, List.of("--version"), CHECK_LIMIT);
            Run check = run(program, List.of("check"), CHECK_LIMIT);
            if (version.success() && check.success()) {
                Criu criu = new Criu(program, versionIn(version.output()));
                if (knowsSockets(criu.version, System.getProperty("os.version"))) {
                    return criu;
                }
                working.add(criu);
            } else {
                reasons.add("`" + program + " check` fails: " + firstError(check.output())
                        + "; run `cryo setup`, which installs a newer one, or launch with --host app");
            }
        }
        if (working.isEmpty()) {
            throw reasons.isEmpty()
                    ? unusable("CRIU is not installed; run `cryo setup` as root")
                    : new HostStateException(UNUSABLE, reasons);
        }
        return working.getFirst();
    }

    /** Where the program is. */
    public Path program() {
        return program;
    }

    /** Its version, such as 4.2.1. */
    public String version() {
        return version;
    }

    /**
     * Runs a dump of a process, and of all below it, to its end. At the limit CRIU is made to fail, not killed: it has
     * code of its own in the dumped process while it dumps, and only CRIU can take it out again. It does: its writes
     * fail from then on.
     */
    Run dump(int pid, List<String> arguments, Duration limit) throws HostStateException {
        List<String> words = new ArrayList<>(WRITES_MAY_FAIL);
        words.add(program.toString());
        words.addAll(dumpOf(pid));
        words.addAll(arguments);
        return run(words, limit, Criu::giveUp, () -> ProcessState.isEnding(pid));
    }

    private static List<String> dumpOf(long pid) {
        return List.of("dump", "--tree", Long.toString(pid));
    }

    /** The CRIU that has taken hold of a process to dump it, whoever has started it. */
    public static Optional<ProcessHandle> dumping(long pid) {
        return ProcessState.tracer(pid).filter(tracer -> {
            List<String> words = tracer.info().arguments().map(List::of).orElse(List.of());
            return Collections.indexOfSubList(words, dumpOf(pid)) >= 0;
        });
    }

    /** Runs a restore to its end, or to the limit: then it is killed with every process that it has started. */
    Run restore(List<String> arguments, Duration limit) throws HostStateException {
        return run(program, arguments, limit);
    }

    private static HostStateException unusable(String reason) {
        return new HostStateException(UNUSABLE, List.of(reason));
    }

    /** Whether a version dumps internet sockets on a kernel: their options changed with Linux 6.16 (decision 5). */
    static boolean knowsSockets(String version, String kernel) {
        return !isAtLeast(kernel, 6, 16) || isAtLeast(version, 4, 2);
    }

    private static boolean isAtLeast(String version, int major, int minor) {
        Matcher numbers = TWO_NUMBERS.matcher(version);
        if (!numbers.matches()) {
            return false;
        }
        int first = Integer.parseInt(numbers.group(1));
        return first > major || first == major && Integer.parseInt(numbers.group(2)) >= minor;
    }

    private static boolean isAdministrator() throws HostStateException {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("CapEff:")) {
                    return (Long.parseUnsignedLong(line.substring(7).strip(), 16) >> CAP_SYS_ADMIN & 1) != 0;
                }
            }
            return false;
        } catch (IOException e) {
            throw new HostStateException("cannot read the capabilities of this process", e);
        }
    }

    private static Run run(Path program, List<String> arguments, Duration limit) throws HostStateException {
        List<String> words = new ArrayList<>(List.of(program.toString()));
        words.addAll(arguments);
        return run(words, limit, Criu::kill, () -> false);
    }

    private static Run run(List<String> words, Duration limit, AtLimit atLimit, BooleanSupplier subjectEnded)
            throws HostStateException {
        try {
            Path file = Files.createTempFile("cryo-criu-", ".out");
            try (InputStream output = Files.newInputStream(file)) {
                // In a session of its own: a signal to this process group must not end CRIU in the middle of a dump.
                List<String> apart = new ArrayList<>(List.of("setsid"));
                apart.addAll(words);
                Process process;
                try {
                    process = new ProcessBuilder(apart)
                            .redirectErrorStream(true)
                            .redirectOutput(file.toFile())
                            .redirectInput(new File("/dev/null"))
                            .start();
                } finally {
                    Files.delete(file); // It is open, and so is nobody's to remove if this process is killed.
                }
                Ending ending = await(process, limit, atLimit, subjectEnded);
                int exitCode = process.waitFor();
                return new Run(ending, exitCode, new String(output.readAllBytes(), StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw new HostStateException("cannot run CRIU", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HostStateException("interrupted while CRIU ran", e);
        }
    }

    private static Ending await(Process process, Duration limit, AtLimit atLimit, BooleanSupplier subjectEnded)
            throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (!process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
            if (subjectEnded.getAsBoolean()) {
                process.destroyForcibly();
                return Ending.WITHOUT_SUBJECT;
            }
            if (System.nanoTime() - end > 0) {
                return atLimit.end(process);
            }
        }
        return Ending.BY_ITSELF;
    }

    private static Ending giveUp(Process process) throws InterruptedException {
        if (Posix.forbidWriting((int) process.pid())
                && !process.waitFor(LET_GO_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
            return kill(process);
        }
        return Ending.GIVEN_UP;
    }

    // A half restored application is a descendant of CRIU, and it must not outlive it.
    private static Ending kill(Process process) {
        List<ProcessHandle> descendants = process.descendants().toList();
        process.destroyForcibly();
        descendants.forEach(ProcessHandle::destroyForcibly);
        return Ending.KILLED;
    }

    private static String firstError(String output) {
        return output.lines().filter(line -> line.contains("Error")).findFirst().orElse(output.strip());
    }

    private static String versionIn(String output) {
        return output.lines()
                .filter(line -> line.startsWith("Version:"))
                .map(line -> line.substring("Version:".length()).strip())
                .findFirst()
                .orElse("unknown");
    }
}
