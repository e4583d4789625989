package dev.cryo.streamlog.image;

import java.nio.file.Path;
import java.util.List;

/** Checks what a manifest tells of its job, which is printed, and given to the system when the job is restarted. */
final class JobCheck {
    private final Path manifest;

    private JobCheck(Path manifest) {
        this.manifest = manifest;
    }

    /**
     * Checks all of it.
     *
     * @param manifest that tells of the job, for the message
     * @throws CorruptImageException if it can be no job's
     */
    static void check(Path manifest, JobInfo job) throws CorruptImageException {
        JobCheck check = new JobCheck(manifest);
        if (!JobInfo.isName(job.name())) {
            throw check.corrupt("a job's name, " + JobInfo.NAME_GRAMMAR, job.name());
        }
        check.printed("a version of cryo", job.cryoVersion());
        check.printed("a kind of device", job.device());
        check.system("a command line", job.commandLine());
        check.system("an environment", job.environment());
        check.system("a working directory", List.of(job.workingDirectory()));
        PropertyCheck.check(manifest, job);
    }

    private void printed(String what, String text) throws CorruptImageException {
        if (text.chars().anyMatch(Character::isISOControl)) {
            throw corrupt(what + " without control characters", text);
        }
    }

    /** To the system such a text would end there. */
    private void system(String what, List<String> texts) throws CorruptImageException {
        for (String text : texts) {
            if (text.indexOf(0) >= 0) {
                throw corrupt(what + " without NUL", text);
            }
        }
    }

    private CorruptImageException corrupt(String expected, String actual) {
        return new CorruptImageException(
                manifest, ImageException.NO_OFFSET, expected, ManifestCheck.quoted(actual));
    }
}
