package dev.cryo.proxy.cli;

import dev.cryo.proxy.supervisor.ByteSize;
import dev.cryo.proxy.supervisor.JobException;
import dev.cryo.proxy.supervisor.JobFolder;
import dev.cryo.streamlog.image.ImageException;
import dev.cryo.streamlog.image.ImageReader;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.image.JobInfo;
import java.io.IOException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cryo images}. */
@Command(
        name = "images",
        mixinStandardHelpOptions = true,
        description = {
            "List the images of a job, remove some, give back room.",
            "Their manifests are checked; `cryo verify` checks every byte."
        })
final class ImagesCommand implements Callable<Integer> {
    private final Map<String, String> environment;

    @Parameters(paramLabel = "NAME", arity = "0..1", description = "The job.")
    private @Nullable String name;

    @Option(names = "--json", description = "Print one JSON array.")
    private boolean json;

    @Mixin
    private KeyOptions key = new KeyOptions();

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    ImagesCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    /**
     * An image, as the JSON form shows it.
     *
     * @param bytes that it has added to the disk: what earlier images had is not written again
     * @param neededBytes that it needs on disk, be it together with others; null if it cannot be used
     * @param pauseNanos how long the application stood still for it; null for one that ended its job
     * @param problem why it cannot be used; null if it can
     */
    record Row(
            long image,
            @Nullable String created,
            long bytes,
            @Nullable Long neededBytes,
            @Nullable Long deviceBytes,
            @Nullable Long pauseNanos,
            @Nullable String device,
            @Nullable String host,
            @Nullable String problem) {}

    @Override
    public Integer call() throws JobException {
        if (name == null) {
            throw new ParameterException(spec.commandLine(), "the images of which job? cryo images NAME");
        }
        JobFolder folder = new JobRef(name, OptionalLong.empty()).folder(environment);
        try {
            ImageStore store = key.images(folder);
            List<Row> rows = new ArrayList<>();
            for (long number : store.numbers()) {
                rows.add(row(store, number));
            }
            spec.commandLine().getOut().println(json ? Json.of(rows) : table(rows));
            return rows.stream().allMatch(row -> row.problem() == null) ? 0 : ExitCodes.IMAGE;
        } catch (IOException e) {
            throw new JobException(
                    JobException.Kind.FAILED, "cannot read the images of " + name + ": " + e.getMessage(), e);
        }
    }

    private static Row row(ImageStore store, long number) throws IOException {
        long bytes = store.addedBytes(number);
        try (ImageReader image = store.read(number)) {
            JobInfo job = image.manifest().job();
            return new Row(
                    number,
                    Instant.ofEpochMilli(image.manifest().createdMillis()).toString(),
                    bytes,
                    store.neededBytes(number),
                    number(job, "capturedBytes"),
                    number(job, "pauseNanos"),
                    job.device(),
                    job.host().name().toLowerCase(Locale.ROOT),
                    null);
        } catch (ImageException e) {
            return new Row(number, null, bytes, null, null, null, null, null, e.getMessage());
        }
    }

    private static @Nullable Long number(JobInfo job, String property) {
        return job.property(property).map(Long::valueOf).orElse(null);
    }

    private static String table(List<Row> rows) {
        if (rows.isEmpty()) {
            return "no images";
        }
        Table table =
                new Table("IMAGE", "CREATED", "ADDED", "NEEDED", "DEVICE MEMORY", "STOOD STILL", "DEVICE", "HOST");
        StringBuilder problems = new StringBuilder();
        for (Row row : rows) {
            table.add(
                    row.image(),
                    row.created() == null ? "?" : local(row.created()),
                    ByteSize.words(row.bytes()),
                    row.neededBytes() == null ? "-" : ByteSize.words(row.neededBytes()),
                    row.deviceBytes() == null ? "-" : ByteSize.words(row.deviceBytes()),
                    row.pauseNanos() == null ? "-" : row.pauseNanos() / 1_000_000 + " ms",
                    row.device() == null ? "?" : row.device(),
                    row.host() == null ? "?" : row.host());
            if (row.problem() != null) {
                problems.append("image ").append(row.image()).append(": ").append(row.problem()).append('\n');
            }
        }
        return (table + (problems.isEmpty() ? "" : "\n" + problems)).stripTrailing();
    }

    private static String local(String instant) {
        return LocalDateTime.ofInstant(Instant.parse(instant), ZoneId.systemDefault())
                .truncatedTo(ChronoUnit.SECONDS)
                .toString()
                .replace('T', ' ');
    }
}
