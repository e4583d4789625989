package dev.cryo.proxy.supervisor;

import dev.cryo.streamlog.image.ImageStore;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** What a supervisor that was killed has left behind: processes, unfinished images, dumps in memory. */
final class Leftovers {
    /** How long a job has the machine for itself before that. */
    private static final Duration LATER = Duration.ofSeconds(3);

    private static final Duration END = Duration.ofSeconds(5);
    private static final long POLL_NANOS = 5_000_000;

    private Leftovers() {}

    /** Ends the processes and removes the dumps; the caller holds the job's lock. */
    static void end(JobFolder folder, Messages messages) throws IOException, JobException {
        List<JobStatus.Running> left = new ArrayList<>();
        Optional<JobStatus> status = folder.status();
        status.map(JobStatus::application).ifPresent(left::add);
        if (status.isPresent() && status.get().phase() == JobStatus.Phase.LOST) {
            UnnamedProcesses.of(folder).map(JobStatus.Running::of).forEach(left::add);
        }
        status.map(JobStatus::proxy).ifPresent(left::add);
        end(left, messages);
        Scratch.cleanLeftovers(folder.path());
    }

    /** Kills all before it waits for any: what CRIU has taken hold of does not end before CRIU. */
    private static void end(List<JobStatus.Running> left, Messages messages) {
        for (JobStatus.Running process : left) {
            process.find().ifPresent(running -> {
                messages.say("process " + process.pid() + " is left from an earlier supervisor of this job: ended");
                running.destroyForcibly();
            });
        }
        long limit = System.nanoTime() + END.toNanos();
        for (JobStatus.Running process : left) {
            while (process.find().isPresent()) {
                if (System.nanoTime() - limit > 0) {
                    messages.say("process " + process.pid() + " does not end");
                    break;
                }
                LockSupport.parkNanos(POLL_NANOS);
            }
        }
    }

    /** Begins to remove what is left of images: later, beside the job, or when this is closed. */
    static Removal removeImages(ImageStore images, Messages messages) {
        return new Removal(images.patient(), messages);
    }

    /** Has the job not wait for it at its start, and nothing left behind when it has ended. */
    static final class Removal implements AutoCloseable {
        private final ImageStore images;
        private final Messages messages;
        private final CountDownLatch end = new CountDownLatch(1);
        private final Aside<Boolean, RuntimeException> work;

        private Removal(ImageStore images, Messages messages) {
            this.images = images;
            this.messages = messages;
            this.work = Aside.begin("cryo-leftovers", this::remove);
        }

        private boolean remove() throws InterruptedException {
            boolean soon = end.await(LATER.toMillis(), TimeUnit.MILLISECONDS);
            try {
                int removed = images.cleanLeftovers();
                if (removed > 0) {
                    messages.say("unfinished or removed images have left " + removed + " files and folders behind:"
                            + " removed");
                }
            } catch (IOException e) {
                messages.say("what unfinished images have left behind stays: " + e.getMessage());
            }
            return soon;
        }

        @Override
        public void close() throws InterruptedException {
            end.countDown();
            work.close();
        }
    }
}
