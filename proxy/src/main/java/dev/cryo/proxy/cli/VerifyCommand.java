package dev.cryo.proxy.cli;

import static dev.cryo.proxy.cli.Declarations.command;
import static dev.cryo.proxy.cli.Declarations.flag;
import static dev.cryo.proxy.cli.Declarations.option;
import static dev.cryo.proxy.cli.Declarations.parameter;

import dev.cryo.proxy.store.RemoteImages;
import dev.cryo.proxy.store.StoreException;
import dev.cryo.proxy.supervisor.ByteSize;
import dev.cryo.proxy.supervisor.JobException;
import dev.cryo.proxy.supervisor.JobFolder;
import dev.cryo.proxy.supervisor.RemoteStore;
import dev.cryo.proxy.supervisor.RestorableImage;
import dev.cryo.streamlog.image.ImageException;
import dev.cryo.streamlog.image.ImageReader;
import dev.cryo.streamlog.image.ImageStore;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** {@code cryo verify}. */
final class VerifyCommand implements Callable<Integer> {
    private final Map<String, String> environment;
    private JobRef job = JobRef.NONE;
    private boolean all;
    private final KeyOptions key = new KeyOptions();
    private @Nullable String store;

    private final CommandSpec spec = command(
                    this, "verify", "Check every byte of an image of a job, or of all its images.")
            .add(parameter("NAME[@IMAGE]", JobRef.class, value -> job = value,
                    "The job, and the image if not the newest."))
            .add(flag("--all", value -> all = value, "All images of the job."))
            .addArgGroup(key.group())
            .add(option("--store", "s3://BUCKET/PREFIX", String.class, value -> store = value,
                    "Check what this store has: it is fetched into a folder that is removed again, which takes the"
                            + " room of the image."));

    VerifyCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public Integer call() throws JobException {
        if (all && job.image().isPresent()) {
            throw new ParameterException(
                    spec.commandLine(), "either one image, as in " + job.job() + "@3, or --all of " + job.job());
        }
        if (store != null) {
            return verifyThere(JobFolder.named(job.job(), environment), store) ? 0 : ExitCodes.IMAGE;
        }
        JobFolder folder = job.folder(environment);
        boolean good = true;
        for (long number : numbers(folder)) {
            good &= verify(key.images(folder), number);
        }
        return good ? 0 : ExitCodes.IMAGE;
    }

    private List<Long> numbers(JobFolder folder) throws JobException {
        try {
            return all ? key.images(folder).numbers() : List.of(job.image(folder));
        } catch (IOException e) {
            throw new JobException(
                    JobException.Kind.FAILED, "cannot read the images of " + job.job() + ": " + e.getMessage(), e);
        }
    }

    private boolean verifyThere(JobFolder folder, String url) throws JobException {
        try (RemoteImages images = RemoteStore.open(url, folder.name(), environment)) {
            List<Long> there = images.numbers();
            if (there.isEmpty()) {
                throw new JobException(JobException.Kind.UNKNOWN, url + " has no image of job " + folder.name());
            }
            boolean good = true;
            for (long number : all ? there : List.of(job.image().orElse(there.getLast()))) {
                good &= verify(images, number, folder);
            }
            return good;
        } catch (StoreException e) {
            throw RemoteStore.failed(e);
        } catch (IOException e) {
            throw JobException.of("cannot verify " + job.job() + ":", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JobException(JobException.Kind.FAILED, "interrupted", e);
        }
    }

    private boolean verify(RemoteImages images, long number, JobFolder folder)
            throws IOException, InterruptedException, JobException {
        try (FetchedImages fetched = FetchedImages.beside(folder, key.keys(folder))) {
            images.fetch(number, fetched.images());
            return verify(fetched.images(), number);
        } catch (ImageException e) {
            return damaged(number, e);
        } catch (StoreException e) {
            if (e.kind() != StoreException.Kind.DAMAGED) {
                throw e;
            }
            return damaged(number, e);
        }
    }

    private boolean damaged(long number, IOException e) {
        spec.commandLine().getErr().println("cryo: " + job.job() + "@" + number + ": " + e.getMessage());
        return false;
    }

    private boolean verify(ImageStore images, long number) throws JobException {
        String name = job.job() + "@" + number;
        long[] bytes = {0};
        try (ImageReader image = images.read(number)) {
            image.verifyAll((checked, of) -> bytes[0] = of);
            RestorableImage.require(image);
            spec.commandLine().getOut().println(name + " is whole: " + ByteSize.words(bytes[0]) + " checked");
            return true;
        } catch (NoSuchFileException e) {
            throw new JobException(JobException.Kind.UNKNOWN, "job " + job.job() + " has no image " + number, e);
        } catch (ImageException e) {
            return damaged(number, e);
        } catch (IOException e) {
            throw JobException.of("cannot read " + name + ":", e);
        }
    }
}
