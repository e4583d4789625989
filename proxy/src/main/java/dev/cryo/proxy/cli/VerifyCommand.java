package dev.cryo.proxy.cli;

import dev.cryo.proxy.supervisor.ByteSize;
import dev.cryo.proxy.supervisor.JobException;
import dev.cryo.proxy.supervisor.JobFolder;
import dev.cryo.streamlog.image.ImageException;
import dev.cryo.streamlog.image.ImageReader;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cryo verify}. */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description = "Check every byte of an image of a job, or of all its images.")
final class VerifyCommand implements Callable<Integer> {
    private final Map<String, String> environment;

    @Parameters(
            paramLabel = "NAME[@IMAGE]",
            converter = JobRef.Converter.class,
            description = "The job, and the image if not the newest.")
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private JobRef job;

    @Option(names = "--all", description = "All images of the job.")
    private boolean all;

    @Mixin
    private KeyOptions key = new KeyOptions();

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    VerifyCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws JobException {
        JobFolder folder = job.folder(environment);
        boolean good = true;
        for (long number : numbers(folder)) {
            good &= verify(folder, number);
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

    private boolean verify(JobFolder folder, long number) throws JobException {
        String name = folder.name() + "@" + number;
        long[] bytes = {0};
        try (ImageReader image = key.images(folder).read(number)) {
            image.verifyAll((checked, of) -> bytes[0] = of);
            spec.commandLine().getOut().println(name + " is whole: " + ByteSize.words(bytes[0]) + " checked");
            return true;
        } catch (NoSuchFileException e) {
            throw new JobException(JobException.Kind.UNKNOWN, "job " + folder.name() + " has no image " + number, e);
        } catch (ImageException e) {
            spec.commandLine().getErr().println("cryo: " + name + ": " + e.getMessage());
            return false;
        } catch (IOException e) {
            throw new JobException(JobException.Kind.FAILED, "cannot read " + name + ": " + e.getMessage(), e);
        }
    }
}
