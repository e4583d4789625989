package dev.cryo.proxy.host;

import dev.cryo.proxy.host.ApplicationCommand.Place;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A started or restored {@link Subject}, asked over its standard streams. */
final class Running implements AutoCloseable {
    private static final long ANSWER_SECONDS = 15;
    private static final Duration RESTORE = Duration.ofSeconds(30);

    final StandardStreams streams;
    final ApplicationProcess process;
    final List<Path> cut;
    private final BufferedReader output;

    private Running(StandardStreams streams, ApplicationProcess process, List<Path> cut) {
        this.streams = streams;
        this.process = process;
        this.cut = cut;
        this.output = new BufferedReader(new InputStreamReader(streams.output(), StandardCharsets.UTF_8));
    }

    private static ApplicationCommand command(Path folder, boolean apart, List<String> jvmOptions) {
        List<String> words = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m"));
        words.addAll(jvmOptions);
        words.addAll(ApplicationCommand.jvmOptions());
        words.addAll(List.of("-cp", Path.of("target", "test-classes").toAbsolutePath().toString(),
                Subject.class.getName()));
        return new ApplicationCommand(
                words, Map.of("FLAVOUR", "salt"), folder, apart ? Place.APART : Place.HERE);
    }

    static Running start(Path folder, boolean apart) throws Exception {
        return start(folder, apart, List.of("-XX:+UseSerialGC"));
    }

    static Running start(Path folder, boolean apart, List<String> jvmOptions) throws Exception {
        StandardStreams streams = StandardStreams.create(folder.resolve("streams"));
        Running running = new Running(streams, ApplicationProcess.start(command(folder, apart, jvmOptions), streams),
                List.of());
        String ready = running.read();
        if (!ready.startsWith("ready")) {
            throw new IOException("the subject said: " + ready);
        }
        return running;
    }

    static Running of(StandardStreams streams, ApplicationProcess process) {
        return new Running(streams, process, List.of());
    }

    static Running restoreLazily(HostState host, HostImage image, Path workFolder, LazyPages pages) throws Exception {
        StandardStreams streams = StandardStreams.create(image.streamsFolder());
        try {
            Restored restored = host.restoreLazily(image, workFolder, RESTORE, pages);
            return new Running(streams, restored.application(), restored.cut());
        } catch (HostStateException e) {
            streams.close();
            throw e;
        }
    }

    static Running restore(HostState host, Path imageFolder, Path workFolder) throws Exception {
        HostImage image = HostImage.read(imageFolder);
        StandardStreams streams = StandardStreams.create(image.streamsFolder());
        try {
            Restored restored = host.restore(image, workFolder, RESTORE);
            return new Running(streams, restored.application(), restored.cut());
        } catch (HostStateException e) {
            streams.close();
            throw e;
        }
    }

    String ask(String command) throws Exception {
        tell(command);
        return read();
    }

    void tell(String command) throws IOException {
        streams.input().write((command + "\n").getBytes(StandardCharsets.UTF_8));
    }

    boolean hasAnswered() throws IOException {
        return output.ready();
    }

    String read() throws Exception {
        CompletableFuture<String> line = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                line.complete(String.valueOf(output.readLine()));
            } catch (IOException e) {
                line.completeExceptionally(e);
            }
        });
        return line.get(ANSWER_SECONDS, TimeUnit.SECONDS);
    }

    ExitStatus exit() throws Exception {
        return process.onExit().get(ANSWER_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws Exception {
        process.kill();
        exit();
        streams.close();
    }
}
