package dev.cryo.benchmarks.bench.gpu;

import dev.cryo.benchmarks.bench.measure.Budget;
import dev.cryo.benchmarks.bench.measure.HeldJob;
import dev.cryo.benchmarks.bench.measure.Size;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.UnexpectedException;
import dev.cryo.benchmarks.job.Workplace;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Starts applications, without cryo and under it. */
final class Starter {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> IN_PROCESS = List.of("--host", "app", "--in-process");

    private final Workplace place;
    private final Setup setup;
    private int jobs;

    Starter(Workplace place, Setup setup) {
        this.place = place;
        this.setup = setup;
    }

    Workplace place() {
        return place;
    }

    Setup setup() {
        return setup;
    }

    /** Starts an application, whose command begins with java. */
    Child start(Way way, List<String> application) throws IOException {
        return switch (way) {
            case PLAIN -> plain(application);
            case PROXY -> launch(newName(), saving(), application);
            case IN_PROCESS -> launch(newName(), IN_PROCESS, application);
        };
    }

    /** The options of a job that is to be checkpointed as it is by default. */
    List<String> saving() {
        return List.of("--host", setup.host());
    }

    private Child plain(List<String> application) throws IOException {
        if (!setup.nvidia()) {
            List<String> options = new ArrayList<>(IN_PROCESS);
            options.add("--no-log");
            return launch(newName(), options, application);
        }
        return place.program("plain " + String.join(" ", application), plainCommand(application));
    }

    /** The command of an application, with JCuda's natives. */
    List<String> plainCommand(List<String> application) {
        List<String> command = new ArrayList<>(application);
        command.addAll(1, List.of("--enable-native-access=ALL-UNNAMED", "-Djava.library.path=" + setup.natives()));
        return command;
    }

    /** A name that no job has had. */
    String newName() {
        return "gpu-" + ++jobs;
    }

    /** Starts a job on the device that is measured. */
    Child launch(String name, List<String> options, List<String> application) throws IOException {
        return place.launch(name, onDevice(options), application);
    }

    private List<String> onDevice(List<String> options) {
        List<String> words = new ArrayList<>(List.of("--device", setup.device()));
        words.addAll(options);
        return words;
    }

    /** Starts a job that holds memory of the device that is measured, of which it changes every such block alone. */
    HeldJob hold(Size size, int stride, Budget budget, List<String> options)
            throws IOException, UnexpectedException, InterruptedException {
        return HeldJob.start(place, budget, newName(), onDevice(options), size, "--stride", "" + stride);
    }

    /** Runs a program of this module to its end, and reads its last line. */
    JsonNode run(Way way, Duration limit, Class<?> program, String... arguments)
            throws IOException, UnexpectedException, InterruptedException {
        Child child = start(way, Applications.java(program, arguments));
        try {
            return result(child, limit);
        } finally {
            place.end(child);
        }
    }

    /** Waits for the end of a program, and reads the JSON object that is its last line. */
    static JsonNode result(Child child, Duration limit) throws UnexpectedException, InterruptedException {
        List<String> lines = child.succeed(limit).out().texts();
        try {
            return JSON.readTree(lines.isEmpty() ? "" : lines.getLast());
        } catch (IOException e) {
            throw new UnexpectedException("the last line is no JSON object; " + child.printed(), e);
        }
    }
}
