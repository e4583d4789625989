package dev.cryo.proxy.cli;

import dev.cryo.proxy.supervisor.JobException;
import dev.cryo.proxy.supervisor.JobFolder;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.control.ControlMessage.Done;
import dev.cryo.streamlog.control.ControlMessage.EndJob;
import dev.cryo.streamlog.control.ControlMessage.TakeCheckpoint;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cryo stop}. */
@Command(
        name = "stop",
        mixinStandardHelpOptions = true,
        description = {
            "Save a running job and end it, so that restart goes on exactly there.",
            "If it cannot be saved it runs on, and the exit code is 75; --no-checkpoint ends it all the same."
        })
final class StopCommand implements Callable<Integer> {
    private final Map<String, String> environment;

    @Parameters(paramLabel = "NAME", description = "The job.")
    private String name = "";

    @Option(
            names = "--no-checkpoint",
            description = "End it without saving it: SIGTERM, and SIGKILL if it is still there after 10 s.")
    private boolean noCheckpoint;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    StopCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws JobException {
        JobFolder folder = new JobRef(name, OptionalLong.empty()).folder(environment);
        ControlMessage answer =
                SupervisorCall.ask(folder, noCheckpoint ? new EndJob() : new TakeCheckpoint(0, true, true));
        return answer instanceof Done ? 0 : CheckpointCommand.report(spec, name, answer);
    }
}
