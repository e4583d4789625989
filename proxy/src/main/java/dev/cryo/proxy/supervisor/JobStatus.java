package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.host.ProcessState;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a job's run; written by its supervisor whenever it changes.
 *
 * @param phase what the job does
 * @param startedMillis when this supervisor took it over, in milliseconds since 1970
 * @param supervisor the supervising process
 * @param application the application's root process
 * @param proxy the proxy
 * @param exitCode the application's, once it has ended
 * @param lastCheckpoint the newest that succeeded, or the one that the job was restarted from
 * @param lastError the newest failure, of a checkpoint or of a part of the job
 * @param upload what the job's store has, if it has one
 */
public record JobStatus(
        Phase phase,
        long startedMillis,
        @Nullable Running supervisor,
        @Nullable Running application,
        @Nullable Running proxy,
        @Nullable Integer exitCode,
        @Nullable Taken lastCheckpoint,
        @Nullable Failure lastError,
        @Nullable Upload upload) {

    /** What a job does. */
    public enum Phase {
        /** Its parts are being started. */
        STARTING,
        /** The application runs. */
        RUNNING,
        /** It is being brought back from an image. */
        RESTARTING,
        /** It has ended. */
        ENDED,
        /** Its supervisor was killed; it can be restarted from its last image. Never written, only concluded. */
        LOST
    }

    /** A process, told apart from a later one with the same id by its start. */
    public record Running(long pid, long startedMillis) {
        static Running of(ProcessHandle process) {
            return new Running(process.pid(), startOf(process));
        }

        /** The process, if it is still the same one and runs. */
        Optional<ProcessHandle> find() {
            return ProcessHandle.of(pid).filter(process -> startOf(process) == startedMillis)
                    .filter(process -> !ProcessState.hasEnded(process.pid()));
        }

        private static long startOf(ProcessHandle process) {
            return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
        }
    }

    /** A checkpoint that succeeded. */
    public record Taken(long image, long atMillis, long pauseNanos, long bytes) {}

    /** A failure. */
    public record Failure(String message, long atMillis) {}

    /**
     * What a store has of the job's images.
     *
     * @param newest image that it has
     * @param pending images that are to be brought there
     * @param problem why that did not succeed at the last attempt
     */
    public record Upload(String store, @Nullable Long newest, List<Long> pending, @Nullable String problem) {}

    static JobStatus starting(long startedMillis) {
        return new JobStatus(
                Phase.STARTING, startedMillis, Running.of(ProcessHandle.current()), null, null, null, null, null, null);
    }

    /** Of a job whose status cannot be read, and was written then. */
    static JobStatus unknown(long writtenMillis) {
        return new JobStatus(Phase.LOST, writtenMillis, null, null, null, null, null, null, null);
    }

    JobStatus in(Phase newPhase) {
        return new JobStatus(
                newPhase, startedMillis, supervisor, application, proxy, exitCode, lastCheckpoint, lastError, upload);
    }

    /** Its supervisor is gone; what else is gone is left out. */
    JobStatus lost() {
        return new JobStatus(
                Phase.LOST,
                startedMillis,
                null,
                alive(application),
                alive(proxy),
                exitCode,
                lastCheckpoint,
                lastError,
                upload);
    }

    private static @Nullable Running alive(@Nullable Running process) {
        return process == null || process.find().isEmpty() ? null : process;
    }

    /** It runs again, from an image; what went wrong before is over. */
    JobStatus broughtBack(Taken from) {
        return new JobStatus(
                Phase.RUNNING, startedMillis, supervisor, application, proxy, null, from, null, upload);
    }

    JobStatus withApplication(@Nullable Running newApplication) {
        return new JobStatus(
                phase,
                startedMillis,
                supervisor,
                newApplication,
                proxy,
                exitCode,
                lastCheckpoint,
                lastError,
                upload);
    }

    JobStatus withProxy(@Nullable Running newProxy) {
        return new JobStatus(
                phase, startedMillis, supervisor, application, newProxy, exitCode, lastCheckpoint, lastError, upload);
    }

    JobStatus after(Taken checkpoint) {
        return new JobStatus(phase, startedMillis, supervisor, application, proxy, exitCode, checkpoint, null, upload);
    }

    JobStatus after(Failure failure) {
        return new JobStatus(
                phase, startedMillis, supervisor, application, proxy, exitCode, lastCheckpoint, failure, upload);
    }

    JobStatus with(Upload newUpload) {
        return new JobStatus(
                phase, startedMillis, supervisor, application, proxy, exitCode, lastCheckpoint, lastError, newUpload);
    }

    JobStatus ended(int code) {
        return new JobStatus(
                Phase.ENDED, startedMillis, supervisor, null, null, code, lastCheckpoint, lastError, upload);
    }
}
