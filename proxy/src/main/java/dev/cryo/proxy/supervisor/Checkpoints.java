package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.control.Connection;
import dev.cryo.proxy.host.DumpRequest;
import dev.cryo.proxy.host.HostMemory;
import dev.cryo.proxy.host.HostState;
import dev.cryo.proxy.host.HostStateException;
import dev.cryo.proxy.host.StandardStreams;
import dev.cryo.proxy.supervisor.CheckpointException.Category;
import dev.cryo.proxy.supervisor.JobSettings.OnFailure;
import dev.cryo.streamlog.control.ControlMessage.Role;
import dev.cryo.streamlog.image.ImageStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** Takes the checkpoints of a job: one at a time, others wait for it. Thread-safe. */
final class Checkpoints {
    /** A restored application's memory is brought at the speed of a disk; CRIU would save what is missing as zeros. */
    private static final Duration MEMORY = Duration.ofMinutes(30);

    private final Site site;
    private final HostFinder host;
    private final ReentrantLock oneAtATime = new ReentrantLock(true);

    Checkpoints(Site site, HostFinder host) {
        this.site = site;
        this.host = host;
    }

    /** Waits until none is under way, and has the calling thread take the next one. */
    void awaitTurn() throws InterruptedException {
        oneAtATime.lockInterruptibly();
    }

    /** Has the calling thread take the next one, unless one is under way. */
    boolean tryTurn() {
        return oneAtATime.tryLock();
    }

    /**
     * Takes one, which is the calling thread's turn and ends it, and tells the user and the job's status how it went.
     *
     * @param timeout how long the application's work may take to come to rest
     * @param hold whether the application is to be ended behind the image instead of going on
     */
    Checkpoint.Report take(JobRun run, Duration timeout, boolean hold)
            throws CheckpointException, InterruptedException {
        try {
            if (!site.settings().keepLog()) {
                throw refused("the job was launched with --no-log");
            }
            if (!run.awaitHostPages(MEMORY)) {
                throw refused("the application's memory was not all read from its image within " + MEMORY.toMinutes()
                        + " min");
            }
            return attempt(run, host.find(), timeout, hold);
        } catch (JobException e) {
            throw refused("" + e.getMessage());
        } finally {
            oneAtATime.unlock();
        }
    }

    private Checkpoint.Report attempt(JobRun run, Optional<HostState> criu, Duration timeout, boolean hold)
            throws CheckpointException, InterruptedException {
        Optional<Connection> proxy = run.halves().lowerHalf().filter(half -> half.hello().role() == Role.PROXY);
        try {
            Checkpoint.Report report = new Checkpoint(stages(run, criu, timeout), target(), hold).take();
            site.status().update(now -> now.after(new JobStatus.Taken(
                    report.image(), System.currentTimeMillis(), report.pauseNanos(), report.bytes())));
            site.messages().say("image %d: %s; the application stood still for %.0f ms, complete after %.0f ms"
                    .formatted(
                            report.image(),
                            ByteSize.words(report.bytes()),
                            report.pauseNanos() / 1e6,
                            report.totalNanos() / 1e6));
            site.messages().note("image " + report.image() + ": " + report.timeline());
            giveBack();
            site.mirror().ifPresent(Mirror::wake);
            if (criu.isEmpty() && report.resources() == 0) {
                site.messages().say("image " + report.image() + " has device memory alone: the application has no"
                        + " org.crac resource that saves its own state, so it will begin anew when it is restarted");
            }
            return report;
        } catch (CheckpointException e) {
            if (!run.process().isAlive()) {
                site.messages().note(e.getMessage() + "; the application has ended");
                throw e;
            }
            for (Throwable also : e.getSuppressed()) {
                site.messages().note("and in giving the checkpoint up: " + also.getMessage());
            }
            site.status().failed(String.valueOf(e.getMessage()));
            boolean goesBack = site.settings().onFailure() == OnFailure.RESTART
                    && site.status().now().lastCheckpoint() != null;
            site.messages().say(e.getMessage() + switch (e.category()) {
                case RETRYABLE, ABORTED_KEEPS_RUNNING -> proxy.isPresent() && !proxy.get().isOpen()
                        ? "; the application has lost its device with the proxy"
                        : "; the application runs on";
                case FATAL -> goesBack
                        ? "; the job goes back to its last image"
                        : "; `cryo stop " + site.folder().name() + " --no-checkpoint` ends it";
            });
            if (e.category() == Category.FATAL && goesBack) {
                run.process().kill();
            }
            throw e;
        }
    }

    private CheckpointException refused(String why) {
        String message = "there is no checkpoint: " + why;
        site.messages().say(message);
        return new CheckpointException.NotSaved(message, new IllegalStateException(why));
    }

    /** Waits until none is under way: an image that is being written while the application ends is still good. */
    void awaitIdle() throws InterruptedException {
        oneAtATime.lockInterruptibly();
        oneAtATime.unlock();
    }

    private Checkpoint.Target target() {
        return new Checkpoint.Target(
                site.images(),
                ImagedJob.of(site.folder().name(), site.settings()),
                site.folder().path(),
                site.settings().images());
    }

    private Stages stages(JobRun run, Optional<HostState> host, Duration timeout) {
        Optional<HostDump> dump = host.map(criu -> new ProcessDump(criu, run, site));
        if (site.driver().isPresent()) {
            return new DriverStages(
                    new DriverStages.Parts(
                            site.driver().get(), run.cudaProcesses(), dump.orElseThrow(), site.messages()::note),
                    timeout);
        }
        return new SplitStages(
                new SplitStages.Parts(
                        run.halves(),
                        pid -> run.processes().visible(pid),
                        run.process()::isAlive,
                        run.server(),
                        dump,
                        site.settings().images(),
                        SplitStages.Waits.ORDINARY),
                timeout);
    }

    /** The new image is complete, whatever becomes of old ones, and of what other jobs have as well. */
    private void giveBack() {
        int keep = site.settings().images().keep();
        ImageStore store = site.images();
        try {
            List<Long> removed = keep == 0
                    ? List.of()
                    : store.keep(keep, site.mirror().map(Mirror::underWay).orElse(0L));
            if (removed.isEmpty() && site.settings().images().sharesWith() == null) {
                return;
            }
            ImageStore.Collected collected = store.collect(false);
            if (!removed.isEmpty()) {
                site.messages().note("images " + removed + " were removed");
            }
            if (collected.bytes() > 0) {
                site.messages().note(ByteSize.words(collected.bytes()) + " were given back");
            }
        } catch (IOException e) {
            site.messages().say("disk space of older images could not be given back: " + e.getMessage());
        }
    }

    /** Dumps the application's processes by CRIU. */
    private record ProcessDump(HostState criu, JobRun run, Site site) implements HostDump {
        private static final Duration LIMIT = Duration.ofMinutes(2);
        private static final Duration LONGEST = Duration.ofHours(1);
        private static final long SLOWEST_BYTES_PER_SECOND = 20 << 20;

        @Override
        public long estimate() {
            try {
                return criu.residentBytes(run.process());
            } catch (IOException e) {
                site.messages().note("the application's size is not known: " + e.getMessage());
                return Long.MAX_VALUE;
            }
        }

        @Override
        public long availableBytes() throws IOException {
            return HostMemory.availableBytes();
        }

        /** As long as a slow disk takes. */
        private Duration limit() {
            long bytes = estimate();
            return bytes == Long.MAX_VALUE ? LONGEST : LIMIT.plusSeconds(bytes / SLOWEST_BYTES_PER_SECOND);
        }

        @Override
        public void into(Path folder) throws HostStateException {
            DumpRequest request = DumpRequest.into(folder, site.folder().path().resolve("criu")).within(limit());
            if (site.settings().closeTcp()) {
                request = request.closingTcp();
            }
            if (site.settings().portableCpu()) {
                request = request.forAnyProcessor();
            }
            if (site.driver().isPresent()) {
                request = request.withoutGpu();
            }
            StandardStreams streams = run.streams();
            criu.dump(run.process(), streams, request);
        }
    }
}
