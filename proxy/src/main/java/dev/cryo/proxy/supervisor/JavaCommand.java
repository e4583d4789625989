package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.host.ApplicationCommand;
import dev.cryo.proxy.host.ApplicationCommand.Place;
import dev.cryo.proxy.host.Processor;
import dev.cryo.proxy.supervisor.JobException.Kind;
import dev.cryo.proxy.supervisor.JobSettings.Engine;
import dev.cryo.uvm.Policy;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Puts the agent into an application's command: as options after {@code java}, and for any other program by the
 * environment variable that every {@code java} below it reads. For the driver's engine there is no agent, only options
 * without which an image may not be restored.
 */
final class JavaCommand {
    static final String OPTIONS_VARIABLE = "JDK_JAVA_OPTIONS";
    static final int NEEDED = 25;
    private static final Pattern RELEASE = Pattern.compile("JAVA_VERSION=\"(?:1\\.)?([0-9]+)");
    private static final Pattern PRINTED = Pattern.compile("version \"(?:1\\.)?([0-9]+)");

    /**
     * What a process that drives a GPU should have: modules loaded when they are to be, and not when a kernel of theirs
     * is first used, which waits for the device; and so many hardware queues that streams seldom share one, in which a
     * stream that waits for the host would hold up others.
     */
    static final Map<String, String> DRIVER_ENVIRONMENT =
            Map.of("CUDA_MODULE_LOADING", "EAGER", "CUDA_DEVICE_MAX_CONNECTIONS", "32");

    private JavaCommand() {}

    /** Whether a command starts a JVM itself. */
    static boolean isJava(List<String> command) {
        Path name = Path.of(command.getFirst()).getFileName();
        return name != null && name.toString().equals("java");
    }

    /** What is to be started for a job. */
    static ApplicationCommand of(JobSettings settings, JobFolder folder, Path agentJar) {
        List<String> options = options(settings, folder, agentJar);
        Map<String, String> environment = new HashMap<>(settings.environment());
        List<String> command = new ArrayList<>(settings.command());
        if (isJava(command)) {
            command.addAll(1, options);
        } else {
            String quoted = String.join(" ", options.stream().map(JavaCommand::quote).toList());
            environment.merge(OPTIONS_VARIABLE, quoted, (before, added) -> before + " " + added);
        }
        if (settings.portableCpu()) {
            Processor.portableEnvironment().forEach(
                    (name, value) -> environment.merge(name, value, (before, added) -> before + ":" + added));
        }
        if (settings.inProcess()) {
            DRIVER_ENVIRONMENT.forEach(environment::putIfAbsent);
        }
        return new ApplicationCommand(command, environment, Path.of(settings.workingDirectory()), place(settings));
    }

    private static Place place(JobSettings settings) {
        if (settings.host() == JobSettings.Host.APP) {
            return Place.HERE;
        }
        return settings.engine() == Engine.DRIVER ? Place.BELOW_PROCESS_ONE : Place.APART;
    }

    private static List<String> options(JobSettings settings, JobFolder folder, Path agentJar) {
        List<String> options = new ArrayList<>(ApplicationCommand.jvmOptions());
        if (settings.portableCpu()) {
            options.addAll(Processor.portableJvmOptions());
        }
        if (settings.engine() == Engine.DRIVER) {
            return options;
        }
        options.add("-javaagent:" + agentJar + "=" + (settings.inProcess() ? "in-process," : "")
                + (settings.inProcess() ? "device=" + settings.deviceArgument() + "," : "")
                + (settings.keepLog() ? "" : "no-log,")
                + unifiedMemory(settings.unifiedMemory()) + folder.path());
        options.add("--enable-native-access=ALL-UNNAMED");
        options.add("--sun-misc-unsafe-memory-access=allow");
        return options;
    }

    private static String unifiedMemory(Policy policy) {
        return policy == Policy.PAGES ? "" : "unified-memory=" + policy.name().toLowerCase(Locale.ROOT) + ",";
    }

    private static String quote(String option) {
        return option.contains(" ") ? '"' + option + '"' : option;
    }

    /**
     * Refuses an application whose java is too old for the agent, by name; what starts no JVM itself is left to it.
     *
     * @throws JobException if the program does not exist or is too old
     */
    static void requireNewEnough(JobSettings settings, Path ownJava) throws JobException {
        Path program = program(settings).orElseThrow(() -> new JobException(
                Kind.UNAVAILABLE, "there is no program " + settings.command().getFirst()));
        if (settings.engine() == Engine.DRIVER || !isJava(settings.command())) {
            return;
        }
        int version = version(program);
        if (version < NEEDED) {
            throw new JobException(
                    Kind.UNAVAILABLE,
                    "the application would run on Java " + version + " (" + program + "), and cryo needs Java " + NEEDED
                            + ": name another java in its command, such as " + ownJava);
        }
    }

    private static Optional<Path> program(JobSettings settings) {
        String name = settings.command().getFirst();
        Path folder = Path.of(settings.workingDirectory());
        if (name.contains("/")) {
            return Optional.of(folder.resolve(name)).filter(Files::isExecutable);
        }
        for (String entry : settings.environment().getOrDefault("PATH", "").split(File.pathSeparator)) {
            Path candidate = folder.resolve(entry).resolve(name);
            if (Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    private static int version(Path java) throws JobException {
        try {
            Path bin = java.toRealPath().getParent();
            Path release = bin == null ? null : bin.resolveSibling("release");
            if (release != null && Files.isReadable(release)) {
                Matcher found = RELEASE.matcher(Files.readString(release));
                if (found.find()) {
                    return Integer.parseInt(found.group(1));
                }
            }
            return printedVersion(java);
        } catch (IOException e) {
            throw new JobException(Kind.UNAVAILABLE, "cannot tell the version of " + java + ": " + e.getMessage(), e);
        }
    }

    private static int printedVersion(Path java) throws IOException, JobException {
        Process process = new ProcessBuilder(java.toString(), "-version").redirectErrorStream(true).start();
        try (InputStream output = process.getInputStream()) {
            String text = new String(output.readNBytes(1 << 16), StandardCharsets.UTF_8);
            Matcher found = PRINTED.matcher(text);
            if (process.waitFor(10, TimeUnit.SECONDS) && found.find()) {
                return Integer.parseInt(found.group(1));
            }
            throw new JobException(
                    Kind.UNAVAILABLE, "`" + java + " -version` does not tell a version: " + text.strip());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            process.destroyForcibly();
        }
    }
}
