package dev.cryo.proxy.cli;

import dev.cryo.proxy.control.ControlClient;
import dev.cryo.proxy.supervisor.JobException;
import dev.cryo.proxy.supervisor.JobException.Kind;
import dev.cryo.proxy.supervisor.JobFolder;
import dev.cryo.proxy.supervisor.JobStatus;
import dev.cryo.streamlog.control.ControlMessage;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;

/** A request of a command to the supervisor of a job. */
final class SupervisorCall {
    /** While the application is being dumped the supervisor's socket has no name. */
    private static final Duration PATIENCE = Duration.ofSeconds(150);

    /** The supervisor has limits of its own for all that it does; this one is for a supervisor that is stopped. */
    private static final Duration LIMIT = Duration.ofMinutes(30);

    private SupervisorCall() {}

    /**
     * Sends a request and waits for its answer; the supervisor sees to it that there is one in time.
     *
     * @throws JobException if the job does not run
     */
    static ControlMessage ask(JobFolder folder, ControlMessage request) throws JobException {
        boolean running = folder.status()
                .map(JobStatus::phase)
                .filter(phase -> phase != JobStatus.Phase.ENDED && phase != JobStatus.Phase.LOST)
                .isPresent();
        if (!running) {
            throw new JobException(Kind.STATE, "job " + folder.name() + " is not running");
        }
        try (ControlClient supervisor =
                ControlClient.connect(folder.socket(), ControlMessage.Role.COMMAND, PATIENCE)) {
            supervisor.write(request);
            Thread limit = Thread.ofVirtual().start(() -> closeAfterLimit(supervisor));
            try {
                return supervisor.read();
            } finally {
                limit.interrupt();
            }
        } catch (ClosedChannelException e) {
            throw new JobException(
                    Kind.FAILED,
                    "waited " + LIMIT.toMinutes() + " min for the supervisor of job " + folder.name() + " to answer",
                    e);
        } catch (IOException e) {
            throw new JobException(
                    Kind.FAILED, "the supervisor of job " + folder.name() + " did not answer: " + e.getMessage(), e);
        }
    }

    private static void closeAfterLimit(ControlClient supervisor) {
        try {
            Thread.sleep(LIMIT);
            supervisor.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // It has answered.
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
