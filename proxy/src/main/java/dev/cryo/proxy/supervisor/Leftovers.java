package dev.cryo.proxy.supervisor;

import java.io.IOException;
import java.util.Optional;
import java.util.stream.Stream;

/** What a supervisor that was killed has left behind: processes, unfinished images, dumps in memory. */
final class Leftovers {
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
        int images = folder.images().cleanLeftovers();
        if (images > 0) {
            messages.say(images + " unfinished images are left from an earlier supervisor of this job: removed");
        }
        Scratch.cleanLeftovers(folder.path());
    }
}
