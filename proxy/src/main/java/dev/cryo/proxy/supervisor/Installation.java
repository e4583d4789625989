package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.supervisor.JobException.Kind;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where cryo's own parts are.
 *
 * @param java the program that runs cryo itself
 * @param classPath what the proxy runs on: that of this process
 * @param agentJar goes into an application's JVM
 * @param startCache makes the proxy start quickly
 */
record Installation(Path java, String classPath, Path agentJar, StartCache startCache) {
    /** Names the folder that {@code agent/} is in, where this class does not come from a jar beside it. */
    static final String DIST = "cryo.dist";

    static Installation here() throws JobException {
        Path dist = dist();
        Path agent = dist.resolve("agent/cryo-agent.jar");
        if (!Files.exists(agent)) {
            throw new JobException(Kind.FAILED, "cryo is not built completely: there is no " + agent);
        }
        return new Installation(
                Path.of(System.getProperty("java.home"), "bin", "java"),
                System.getProperty("java.class.path"),
                agent,
                StartCache.in(dist));
    }

    /** The folder of cryo's own parts. */
    static Path dist() throws JobException {
        String named = System.getProperty(DIST);
        if (named != null) {
            return Path.of(named).toAbsolutePath();
        }
        try {
            Path jar = Path.of(
                    Installation.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            Path lib = jar.toAbsolutePath().getParent();
            if (lib == null || lib.getParent() == null) {
                throw new JobException(Kind.FAILED, "cryo does not know where it is: its jar is " + jar);
            }
            // From the jar in dist/lib, or from target/classes beside target/dist.
            return Files.isDirectory(jar) ? lib.resolve("dist") : lib.getParent();
        } catch (URISyntaxException e) {
            throw new JobException(Kind.FAILED, "cryo does not know where it is", e);
        }
    }

    /**
     * The command line of a proxy.
     *
     * @param device as {@link JobSettings#deviceArgument} tells it
     */
    List<String> proxyCommand(JobFolder folder, String device) {
        List<String> command = new ArrayList<>(List.of(
                java.toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Djdk.reflect.useNativeAccessorOnly=true",
                // All cores compute kernels; a collector that works beside them would only take their time.
                "-XX:+UseParallelGC",
                // Of small pages a fork takes long. Where there are no huge ones, nothing is to be told of it.
                "-XX:+UseTransparentHugePages",
                "-Xlog:pagesize=off",
                "-XX:-UsePerfData",
                // What is called some hundred times while a job comes back is not worth compiling (decision 19).
                "-XX:Tier3InvocationThreshold=600",
                "-XX:Tier3MinInvocationThreshold=300",
                "-XX:Tier3CompileThreshold=4000",
                "-XX:ErrorFile=" + folder.proxyCrash().toString().replace("%", "%%"),
                "-Djava.util.logging.SimpleFormatter.format=%4$s: %5$s%6$s%n"));
        command.addAll(startCache.options());
        command.addAll(List.of(
                "-cp",
                classPathOfProxy(),
                "dev.cryo.proxy.device.ProxyMain",
                folder.socket().toString(),
                device));
        return command;
    }

    private String classPathOfProxy() {
        StringBuilder absolute = new StringBuilder();
        for (String entry : classPath.split(File.pathSeparator)) {
            absolute.append(absolute.isEmpty() ? "" : File.pathSeparator).append(Path.of(entry).toAbsolutePath());
        }
        return absolute.toString();
    }
}
