package dev.cryo.proxy.cli;

import dev.cryo.proxy.supervisor.JobException;
import dev.cryo.proxy.supervisor.JobFolder;
import dev.cryo.streamlog.image.ImageStore;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cryo images rm}. */
@Command(
        name = "rm",
        mixinStandardHelpOptions = true,
        description = {
            "Remove an image of a job, or all but the newest.",
            "What other images need of it stays; the rest is given back, at once where no image is being written."
        })
final class RemoveImagesCommand implements Callable<Integer> {
    private final Map<String, String> environment;

    @Parameters(
            paramLabel = "NAME[@IMAGE]",
            converter = JobRef.Converter.class,
            description = "The job, and the image unless --keep is given.")
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private JobRef job;

    @Option(names = "--keep", paramLabel = "N", description = "Remove all images but the newest N.")
    private @Nullable Integer keep;

    @Mixin
    private KeyOptions key = new KeyOptions();

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    RemoveImagesCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws JobException {
        if (keep == null == job.image().isEmpty() || keep != null && keep < 1) {
            throw new ParameterException(
                    spec.commandLine(), "either an image, as in " + job.job() + "@3, or --keep with 1 or more");
        }
        JobFolder folder = job.folder(environment);
        ImageStore store = key.images(folder);
        try {
            List<Long> removed = keep == null ? List.of(remove(store, job.image().getAsLong())) : store.keep(keep);
            spec.commandLine().getOut().println("removed " + (removed.isEmpty() ? "no image" : "images " + removed));
            spec.commandLine().getOut().println(CollectCommand.words(store.collect(false), false));
            return 0;
        } catch (IOException e) {
            throw new JobException(
                    JobException.Kind.FAILED, "images of " + job.job() + ": " + e.getMessage(), e);
        }
    }

    private long remove(ImageStore store, long number) throws IOException, JobException {
        try {
            store.remove(number);
            return number;
        } catch (NoSuchFileException e) {
            throw new JobException(
                    JobException.Kind.UNKNOWN,
                    "job " + job.job() + " has no image " + number + "; it has " + store.numbers(),
                    e);
        }
    }
}
