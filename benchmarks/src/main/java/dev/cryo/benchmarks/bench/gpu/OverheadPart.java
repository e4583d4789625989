package dev.cryo.benchmarks.bench.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cryo.benchmarks.bench.measure.Budget;
import dev.cryo.benchmarks.bench.measure.Figures;
import dev.cryo.benchmarks.gpu.EmptyKernels;
import dev.cryo.benchmarks.gpu.SimpleStreams;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.TrainerOutput;
import dev.cryo.benchmarks.job.UnexpectedException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Three applications in each way by turns: a training, many streams, and launches of empty kernels. */
final class OverheadPart implements Part {
    private static final Duration RUN = Duration.ofSeconds(120);

    private static final String LAUNCH = "launch";

    private final Starter starter;
    private final Map<String, Application> applications = new LinkedHashMap<>();

    /** An application and how its time is taken. */
    private record Application(List<String> command, Clock clock, OverheadTimes times, Set<Way> broken) {}

    /** Follows an application from its start to its end. */
    private interface Clock {
        OverheadTimes.Run follow(Child child, Duration limit) throws UnexpectedException, InterruptedException;
    }

    OverheadPart(Starter starter) {
        this.starter = starter;
        Setup setup = starter.setup();
        add("trainer", Applications.trainer("--epochs", "" + setup.epochs()), this::training);
        add("streams", Applications.java(SimpleStreams.class, "--rounds", "" + setup.streamRounds()),
                OverheadPart::measuringItself);
        add(LAUNCH, Applications.java(EmptyKernels.class, "--launches", "" + setup.launches()),
                OverheadPart::measuringItself);
    }

    private void add(String key, List<String> command, Clock clock) {
        applications.put(key, new Application(command, clock, new OverheadTimes(), EnumSet.noneOf(Way.class)));
    }

    @Override
    public void measure(Figures figures, Budget budget) throws SkippedException, IOException, InterruptedException {
        if (!starter.setup().hasPlain()) {
            throw new SkippedException("there is nothing to compare with: the property cryo.jcuda.natives does not name"
                    + " the folder of JCuda's natives");
        }
        List<Way> ways = new ArrayList<>(List.of(Way.values()));
        long start = System.nanoTime();
        for (int turn = 1; turn <= starter.setup().runs(); turn++) {
            turn(ways, figures, budget);
            applications.forEach((key, application) -> {
                if (application.times.any()) {
                    application.times.putInto(figures, "overhead_" + key);
                }
            });
            putNanosPerLaunch(figures);
            Duration mean = Duration.ofNanos((System.nanoTime() - start) / turn);
            if (!budget.allows(mean)) {
                break;
            }
            // None is always the first after another application.
            Collections.rotate(ways, 1);
        }
    }

    private void putNanosPerLaunch(Figures figures) {
        Application launching = applications.get(LAUNCH);
        for (Way way : Way.values()) {
            if (launching != null && launching.times.has(way)) {
                double nanos = launching.times.steadyNanos(way) / starter.setup().launches();
                figures.put("launch_ns_" + way.key(), nanos, 1);
            }
        }
    }

    private void turn(List<Way> ways, Figures figures, Budget budget) throws IOException, InterruptedException {
        for (Map.Entry<String, Application> entry : applications.entrySet()) {
            Application application = entry.getValue();
            if (budget.left().isZero()) {
                if (!application.times.any()) {
                    figures.skipped("overhead_" + entry.getKey(), "no time is left");
                }
                continue;
            }
            for (Way way : ways) {
                if (!application.broken.contains(way)) {
                    run(way, entry.getKey(), application, figures, budget);
                }
            }
        }
    }

    private void run(Way way, String key, Application application, Figures figures, Budget budget)
            throws IOException, InterruptedException {
        Child child = starter.start(way, application.command);
        try {
            application.times.add(way, application.clock.follow(child, budget.limit(RUN)));
        } catch (UnexpectedException e) {
            // The others can be measured all the same.
            application.broken.add(way);
            figures.failed("overhead_" + key + "_" + way.key(), e);
        } finally {
            starter.place().end(child);
        }
    }

    /** From the end of the fifth part of the epochs, when what runs is compiled, to the end of the last one. */
    private OverheadTimes.Run training(Child child, Duration limit) throws UnexpectedException, InterruptedException {
        int epochs = starter.setup().epochs();
        long from = TrainerOutput.awaitEpoch(child, Math.max(1, epochs / 5), limit).nanos();
        long to = TrainerOutput.awaitEpoch(child, epochs, limit).nanos();
        TrainerOutput.Result result = TrainerOutput.await(child, limit);
        child.succeed(limit);
        return new OverheadTimes.Run(to - from, wall(child), result.sha256());
    }

    private static OverheadTimes.Run measuringItself(Child child, Duration limit)
            throws UnexpectedException, InterruptedException {
        JsonNode result = Starter.result(child, limit);
        long nanos = result.path("nanos").asLong();
        if (nanos <= 0) {
            throw new UnexpectedException("no nanoseconds; " + child.printed());
        }
        return new OverheadTimes.Run(nanos, wall(child), "");
    }

    private static long wall(Child child) {
        return System.nanoTime() - child.startedNanos();
    }
}
