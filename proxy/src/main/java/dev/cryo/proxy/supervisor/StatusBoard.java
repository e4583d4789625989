package dev.cryo.proxy.supervisor;

import java.io.IOException;
import java.util.function.UnaryOperator;

/** The job's status as it is now, kept in its folder for others to read. Thread-safe. */
final class StatusBoard {
    private final JobFolder folder;
    private final Messages messages;
    private JobStatus status;

    StatusBoard(JobFolder folder, Messages messages) {
        this.folder = folder;
        this.messages = messages;
        this.status = JobStatus.starting(System.currentTimeMillis());
        update(now -> now);
    }

    synchronized JobStatus now() {
        return status;
    }

    synchronized void update(UnaryOperator<JobStatus> change) {
        status = change.apply(status);
        try {
            folder.write(status);
        } catch (IOException e) {
            // The job itself is more than what is known of it: on a full disk it runs on.
            messages.note("the job's status cannot be written: " + e.getMessage());
        }
    }

    void failed(String message) {
        update(now -> now.after(new JobStatus.Failure(message, System.currentTimeMillis())));
    }
}
