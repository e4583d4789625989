package dev.cryo.proxy.cli;

import dev.cryo.proxy.supervisor.ByteSize;
import dev.cryo.proxy.supervisor.JobException;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.control.ControlMessage.CheckpointTaken;
import dev.cryo.streamlog.control.ControlMessage.Failed;
import dev.cryo.streamlog.control.ControlMessage.TakeCheckpoint;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cryo checkpoint}. */
@Command(
        name = "checkpoint",
        mixinStandardHelpOptions = true,
        description = "Save a running job, which then runs on. Prints the number of the image, once it is complete.")
final class CheckpointCommand implements Callable<Integer> {
    private final Map<String, String> environment;

    @Parameters(paramLabel = "NAME", description = "The job.")
    private String name = "";

    @Option(
            names = "--timeout",
            paramLabel = "T",
            converter = Durations.class,
            description = "How long work may take to come to rest; as launched by default.")
    private @Nullable Duration timeout;

    @Option(
            names = "--no-wait",
            description = "Where another checkpoint is under way, take none and exit with 75. Without it, one is taken"
                    + " when that is complete.")
    private boolean noWait;

    @Option(
            names = "--uploaded",
            paramLabel = "T",
            converter = Durations.class,
            description = "Also wait, T at most, until the image is in the job's store; if it is not there then, exit"
                    + " with 75 and say why. It is saved on this machine all the same.")
    private @Nullable Duration uploaded;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    CheckpointCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws JobException {
        JobRef job = new JobRef(name, java.util.OptionalLong.empty());
        TakeCheckpoint request = new TakeCheckpoint(
                timeout == null ? 0 : timeout.toMillis(),
                false,
                !noWait,
                uploaded == null ? 0 : uploaded.toMillis());
        ControlMessage answer = SupervisorCall.ask(job.folder(environment), request);
        int code = report(spec, name, answer);
        boolean lacking = uploaded != null && answer instanceof CheckpointTaken taken
                && !taken.notUploaded().isEmpty();
        return lacking ? ExitCodes.NO_CHECKPOINT : code;
    }

    /** Tells how a checkpoint went; the exit code. */
    static int report(CommandSpec spec, String name, ControlMessage answer) throws JobException {
        return switch (answer) {
            case CheckpointTaken taken -> {
                spec.commandLine().getOut().println(String.format(
                        Locale.ROOT,
                        "%s@%d  %s  stood still for %.0f ms, complete after %.0f ms",
                        name,
                        taken.image(),
                        ByteSize.words(taken.bytes()),
                        taken.pauseNanos() / 1e6,
                        taken.totalNanos() / 1e6));
                if (!taken.notUploaded().isEmpty()) {
                    spec.commandLine().getErr().println("cryo: " + taken.notUploaded());
                }
                yield 0;
            }
            case Failed failed -> {
                failed.message().lines().forEach(line -> spec.commandLine().getErr().println("cryo: " + line));
                yield ExitCodes.NO_CHECKPOINT;
            }
            default -> throw new JobException(
                    JobException.Kind.FAILED, "the supervisor answered " + answer.getClass().getSimpleName());
        };
    }
}
