package dev.cryo.proxy.cli;

import static dev.cryo.proxy.cli.Declarations.command;
import static dev.cryo.proxy.cli.Declarations.flag;
import static dev.cryo.proxy.cli.Declarations.parameter;

import dev.cryo.proxy.supervisor.JobException;
import dev.cryo.proxy.supervisor.JobFolder;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.control.ControlMessage.Done;
import dev.cryo.streamlog.control.ControlMessage.EndJob;
import dev.cryo.streamlog.control.ControlMessage.TakeCheckpoint;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;

/** {@code cryo stop}. */
final class StopCommand implements Callable<Integer> {
    private final Map<String, String> environment;
    private String name = "";
    private boolean noCheckpoint;

    private final CommandSpec spec = command(
                    this,
                    "stop",
                    "Save a running job and end it, so that restart goes on exactly there.",
                    "If it cannot be saved it runs on, and the exit code is 75; --no-checkpoint ends it all the same.")
            .add(parameter("NAME", String.class, value -> name = value, "The job."))
            .add(flag("--no-checkpoint", value -> noCheckpoint = value,
                    "End it without saving it: SIGTERM, and SIGKILL if it is still there after 10 s."));

    StopCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public Integer call() throws JobException {
        JobFolder folder = new JobRef(name, OptionalLong.empty()).folder(environment);
        ControlMessage answer =
                SupervisorCall.ask(folder, noCheckpoint ? new EndJob() : new TakeCheckpoint(0, true, true));
        return answer instanceof Done ? 0 : CheckpointCommand.report(spec, name, answer);
    }
}
