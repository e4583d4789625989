package dev.cryo.proxy.cli;

import static dev.cryo.proxy.cli.Declarations.command;
import static dev.cryo.proxy.cli.Declarations.flag;
import static dev.cryo.proxy.cli.Declarations.option;
import static dev.cryo.proxy.cli.Declarations.parameter;

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
import picocli.CommandLine.Model.CommandSpec;

/** {@code cryo checkpoint}. */
final class CheckpointCommand implements Callable<Integer> {
    private final Map<String, String> environment;
    private String name = "";
    private @Nullable Duration timeout;
    private boolean noWait;
    private @Nullable Duration uploaded;

    private final CommandSpec spec = command(
                    this,
                    "checkpoint",
                    "Save a running job, which then runs on. Prints the number of the image, once it is complete.")
            .add(parameter("NAME", String.class, value -> name = value, "The job."))
            .add(option("--timeout", "T", Duration.class, value -> timeout = value,
                    "How long work may take to come to rest; as launched by default."))
            .add(flag("--no-wait", value -> noWait = value,
                    "Where another checkpoint is under way, take none and exit with 75. Without it, one is taken when"
                            + " that is complete."))
            .add(option("--uploaded", "T", Duration.class, value -> uploaded = value,
                    "Also wait, T at most, until the image is in the job's store; if it is not there then, exit with"
                            + " 75 and say why. It is saved on this machine all the same."));

    CheckpointCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    CommandSpec spec() {
        return spec;
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
