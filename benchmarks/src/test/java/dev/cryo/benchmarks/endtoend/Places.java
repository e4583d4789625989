package dev.cryo.benchmarks.endtoend;

import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.CommandLine;
import dev.cryo.benchmarks.job.Workplace;
import dev.cryo.lower.nvidia.simulated.SimulatedDriverProvider;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.nio.file.Path;
import java.security.CodeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Where tests work, and how long they wait. */
final class Places {
    /** For what takes a second or two on an idle machine. */
    static final Duration SOON = Duration.ofSeconds(30);

    /** For a whole run of an application. */
    static final Duration RUN = Duration.ofSeconds(90);

    /** What {@code cryo checkpoint} exits with when there is no image and the application runs on. */
    static final int NO_CHECKPOINT = 75;

    private Places() {}

    /**
     * The command line as it was just built: the classes of this module, and what the module proxy was packaged to; in
     * a kit, that of the kit.
     */
    static CommandLine cryo() {
        return cryo(List.of());
    }

    private static CommandLine cryo(List<String> more) {
        String kit = System.getProperty(CommandLine.DIST);
        Path dist = kit == null ? Path.of("../proxy/target/dist").toAbsolutePath().normalize() : Path.of(kit);
        String parts = dist.resolve("lib") + "/*";
        List<String> all = new ArrayList<>(List.of(parts, Applications.classPath()));
        all.addAll(more);
        String classPath = String.join(File.pathSeparator, all);
        CommandLine cryo = kit == null
                ? CommandLine.of(dist, classPath, QuickStarts.cache(dist, parts))
                : CommandLine.of(dist, classPath);
        // A shell's background jobs ignore interrupts, and what they start inherits that.
        return cryo.after("env", "--default-signal=INT,QUIT,HUP,TERM,USR1");
    }

    /** Where every job is launched on a GPU, whose driver is simulated. */
    static Workplace createWithSimulatedGpu() throws IOException {
        CodeSource driver = SimulatedDriverProvider.class.getProtectionDomain().getCodeSource();
        URL provided = Objects.requireNonNull(Places.class.getResource("/simulated-gpu"), "what provides it");
        return Workplace.create(
                cryo(List.of(path(driver.getLocation()), path(provided))), List.of("--device", "nvidia"));
    }

    private static String path(URL place) {
        return Path.of(URI.create(place.toString())).toString();
    }

    static Workplace create() throws IOException {
        return Workplace.create(cryo());
    }

    /** Where every job is launched on a GPU. */
    static Workplace createOnGpu() throws IOException {
        return Workplace.create(cryo(), List.of("--device", "nvidia"));
    }

    /** In a namespace where neither the system call nor the device file gives a userfaultfd. */
    static Workplace createWithoutUserfaultfd() throws IOException {
        String refuse = "mount --bind /dev/null /dev/userfaultfd && "
                + "exec setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace -- \"$@\"";
        return Workplace.create(cryo().after("unshare", "-m", "sh", "-c", refuse, "sh"));
    }
}
