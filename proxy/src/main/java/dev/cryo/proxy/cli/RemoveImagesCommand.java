package dev.cryo.proxy.cli;

import static dev.cryo.proxy.cli.Declarations.command;
import static dev.cryo.proxy.cli.Declarations.option;
import static dev.cryo.proxy.cli.Declarations.parameter;

import dev.cryo.proxy.store.RemoteImages;
import dev.cryo.proxy.supervisor.JobException;
import dev.cryo.proxy.supervisor.JobFolder;
import dev.cryo.proxy.supervisor.RemoteStore;
import dev.cryo.streamlog.image.ImageStore;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** {@code cryo images rm}. */
final class RemoveImagesCommand implements Callable<Integer> {
    private final Map<String, String> environment;
    private JobRef job = JobRef.NONE;
    private @Nullable Integer keep;
    private final KeyOptions key = new KeyOptions();
    private @Nullable String store;

    private final CommandSpec spec = command(
                    this,
                    "rm",
                    "Remove an image of a job, or all but the newest.",
                    "What other images need of it stays; the rest is given back.",
                    "Waits while an image is being written or restored.")
            .add(parameter("NAME[@IMAGE]", JobRef.class, value -> job = value,
                    "The job, and the image unless --keep is given."))
            .add(option("--keep", "N", Integer.class, value -> keep = value, "Remove all images but the newest N."))
            .addArgGroup(key.group())
            .add(option("--store", "s3://BUCKET/PREFIX", String.class, value -> store = value,
                    "Remove from this store, instead of this machine; not while the job uploads."));

    RemoveImagesCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public Integer call() throws JobException {
        if (keep == null == job.image().isEmpty() || keep != null && keep < 1) {
            throw new ParameterException(
                    spec.commandLine(), "either an image, as in " + job.job() + "@3, or --keep with 1 or more");
        }
        if (store != null) {
            return removeThere(store);
        }
        JobFolder folder = job.folder(environment);
        ImageStore images = key.images(folder).patient();
        try {
            List<Long> removed = keep == null ? List.of(remove(images, job.image().getAsLong())) : images.keep(keep);
            spec.commandLine().getOut().println("removed " + (removed.isEmpty() ? "no image" : "images " + removed));
        } catch (IOException e) {
            throw JobException.of("images of " + job.job() + ":", e);
        }
        try {
            spec.commandLine().getOut().println(CollectCommand.words(images.collect(false), false));
            return 0;
        } catch (IOException e) {
            throw JobException.of("no room is given back:", e);
        }
    }

    private int removeThere(String url) throws JobException {
        RemoteStore.requireIdle(JobFolder.named(job.job(), environment));
        try (RemoteImages images = RemoteStore.open(url, job.job(), environment)) {
            List<Long> removed;
            if (keep == null) {
                removed = List.of(job.image().getAsLong());
                images.remove(removed.getFirst());
            } else {
                removed = images.keep(keep);
            }
            spec.commandLine().getOut().println("removed " + (removed.isEmpty() ? "no image" : "images " + removed));
            spec.commandLine().getOut().println(CollectCommand.words(images.collect(coming -> true, false), false));
            return 0;
        } catch (IOException e) {
            throw RemoteStore.failed(e);
        }
    }

    private long remove(ImageStore images, long number) throws IOException, JobException {
        try {
            images.remove(number);
            return number;
        } catch (NoSuchFileException e) {
            throw new JobException(
                    JobException.Kind.UNKNOWN,
                    "job " + job.job() + " has no image " + number + "; it has " + images.numbers(),
                    e);
        }
    }
}
