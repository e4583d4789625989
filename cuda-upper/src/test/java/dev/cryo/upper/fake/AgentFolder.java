package dev.cryo.upper.fake;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.control.InProcessLowerHalf;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.uvm.Span;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/** The folder that an agent runs from, laid out as the distribution has it, with the fake device as its lower half. */
public final class AgentFolder {
    private AgentFolder() {}

    /** Fills a folder and returns the agent's jar in it. */
    public static Path fill(Path folder) throws IOException {
        Path agent = Path.of(System.getProperty("cryo.agent.jar"));
        Files.copy(agent, folder.resolve("cryo-agent.jar"));
        put(codeOf(Cuda.class), folder.resolve("cuda-upper.jar"));
        put(codeOf(Call.class), folder.resolve("stream-log.jar"));
        put(codeOf(Span.class), folder.resolve("uvm-shadow.jar"));
        Path lower = Files.createDirectory(folder.resolve("lower"));
        putDevice(lower.resolve("fake.jar"));
        return folder.resolve("cryo-agent.jar");
    }

    /** Where a class was loaded from: a jar or a folder of classes. */
    public static Path codeOf(Class<?> type) {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath());
    }

    private static void put(Path code, Path jar) throws IOException {
        if (Files.isRegularFile(code)) {
            Files.copy(code, jar);
            return;
        }
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file)) {
            add(out, code, code);
        }
    }

    private static void add(JarOutputStream out, Path root, Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                out.putNextEntry(new JarEntry(root.relativize(file).toString()));
                Files.copy(file, out);
            }
        }
    }

    private static void putDevice(Path jar) throws IOException {
        Path tests = codeOf(FakeProvider.class);
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file)) {
            add(out, tests, tests.resolve("dev/cryo/upper/fake"));
            out.putNextEntry(new JarEntry("META-INF/services/" + InProcessLowerHalf.Provider.class.getName()));
            out.write(FakeProvider.class.getName().getBytes(StandardCharsets.UTF_8));
        }
    }

    /** The command of a JVM with the agent, whose application is on the class path. */
    public static List<String> command(
            Path agentJar, String options, String classPath, String main, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-javaagent:" + agentJar + "=" + options,
                "-cp",
                classPath,
                main));
        command.addAll(List.of(arguments));
        return command;
    }
}
