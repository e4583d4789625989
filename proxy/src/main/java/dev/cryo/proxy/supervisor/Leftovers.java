package dev.cryo.proxy.supervisor;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;

/** What a supervisor that was killed has left behind: processes, unfinished images, dumps in memory. */
final class Leftovers {
    /** How long a command may remove images or give back room before the job is not started for it. */
    private static final Duration STORE = Duration.ofMinutes(2);

    private Leftovers() {}

    /** Ends and removes them; the caller holds the job's lock. */
    static void end(JobFolder folder, Messages messages) throws IOException, JobException {
        folder.status().ifPresent(status -> Stream.of(
                        Optional.ofNullable(status.application()), Optional.ofNullable(status.proxy()))
                .flatMap(Optional::stream)
                .flatMap(process -> process.find().stream())
                .forEach(process -> {
                    messages.say("process " + process.pid() + " is left from an earlier supervisor of this job: ended");
                    process.destroyForcibly();
                }));
        int images = folder.images().waiting(STORE).cleanLeftovers();
        if (images > 0) {
            messages.say("unfinished or removed images have left " + images + " files and folders behind: removed");
        }
        Scratch.cleanLeftovers(folder.path());
    }
}
