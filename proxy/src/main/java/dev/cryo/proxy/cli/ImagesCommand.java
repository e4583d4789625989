package dev.cryo.proxy.cli;

import static dev.cryo.proxy.cli.Declarations.command;
import static dev.cryo.proxy.cli.Declarations.flag;
import static dev.cryo.proxy.cli.Declarations.option;
import static dev.cryo.proxy.cli.Declarations.optional;

import dev.cryo.proxy.store.RemoteImages;
import dev.cryo.proxy.store.StoreException;
import dev.cryo.proxy.supervisor.ByteSize;
import dev.cryo.proxy.supervisor.JobException;
import dev.cryo.proxy.supervisor.JobFolder;
import dev.cryo.proxy.supervisor.RemoteStore;
import dev.cryo.streamlog.image.ImageException;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.image.JobInfo;
import dev.cryo.streamlog.image.ListedImage;
import dev.cryo.streamlog.image.Manifest;
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
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** {@code cryo images}. */
final class ImagesCommand implements Callable<Integer> {
    private final Map<String, String> environment;
    private @Nullable String name;
    private @Nullable String store;
    private boolean json;
    private final KeyOptions key = new KeyOptions();

    private final CommandSpec spec = command(
                    this,
                    "images",
                    "List the images of a job, remove some, give back room.",
                    "Their manifests are checked; `cryo verify` checks every byte.")
            .add(optional("NAME", String.class, value -> name = value, "The job."))
            .add(option("--store", "s3://BUCKET/PREFIX", String.class, value -> store = value,
                    "List what this store has of the job, instead of this machine."))
            .add(flag("--json", value -> json = value, "Print one JSON array."))
            .addArgGroup(key.group());

    ImagesCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    CommandSpec spec() {
        return spec;
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
        JobRef job = new JobRef(name, OptionalLong.empty());
        try {
            List<Row> rows = store == null ? here(key.images(job.folder(environment))) : there(job, store);
            spec.commandLine().getOut().println(json ? Json.of(rows) : table(rows));
            return rows.stream().allMatch(row -> row.problem() == null) ? 0 : ExitCodes.IMAGE;
        } catch (IOException e) {
            throw JobException.of("cannot read the images of " + name + ":", e);
        }
    }

    private static List<Row> here(ImageStore images) throws IOException {
        return images.list().stream().map(ImagesCommand::row).toList();
    }

    private List<Row> there(JobRef job, String url) throws JobException, IOException {
        ImageStore keyed = key.images(JobFolder.named(job.job(), environment));
        List<Row> rows = new ArrayList<>();
        try (RemoteImages images = RemoteStore.open(url, job.job(), environment)) {
            for (long number : images.numbers()) {
                rows.add(row(images, number, keyed));
            }
        } catch (StoreException e) {
            throw RemoteStore.failed(e);
        }
        return rows;
    }

    /** What an image has added cannot be told there. */
    private static Row row(RemoteImages images, long number, ImageStore keyed) throws IOException {
        try {
            byte[] contents = images.manifest(number);
            Manifest manifest = keyed.decode(contents, images.url() + "/.../images/" + number);
            return row(manifest, contents.length, contents.length + images.bytes(number, contents));
        } catch (ImageException e) {
            return new Row(number, null, 0, null, null, null, null, null, e.getMessage());
        } catch (StoreException e) {
            if (e.kind() == StoreException.Kind.DAMAGED) {
                return new Row(number, null, 0, null, null, null, null, null, e.getMessage());
            }
            throw e;
        }
    }

    private static Row row(Manifest manifest, long bytes, long neededBytes) {
        JobInfo job = manifest.job();
        return new Row(
                manifest.number(),
                Instant.ofEpochMilli(manifest.createdMillis()).toString(),
                bytes,
                neededBytes,
                number(job, "capturedBytes"),
                number(job, "pauseNanos"),
                job.device(),
                job.host().name().toLowerCase(Locale.ROOT),
                null);
    }

    private static Row row(ListedImage image) {
        return image.whole()
                .map(whole -> row(whole.manifest(), image.addedBytes(), whole.neededBytes()))
                .orElseGet(() -> new Row(
                        image.number(), null, image.addedBytes(), null, null, null, null, null, image.problem()));
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
