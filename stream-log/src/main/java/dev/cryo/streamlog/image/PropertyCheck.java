package dev.cryo.streamlog.image;

import java.nio.file.Path;
import java.util.Map;

/** Checks the properties that are numbers, which whoever reads a manifest may then take for such. */
final class PropertyCheck {
    /** Nobody can ask for a longer time when a job is launched. */
    private static final Range TIME = new Range(0, 999_999_999L * 3_600_000);

    private static final Range ANY = new Range(0, Long.MAX_VALUE);

    private static final Map<String, Range> NUMBERS = Map.of(
            "capturedBytes", ANY,
            "pauseNanos", ANY,
            "intervalMillis", TIME,
            "timeoutMillis", TIME,
            "keep", new Range(0, Integer.MAX_VALUE),
            "writerThreads", new Range(1, 64));

    private PropertyCheck() {}

    private record Range(long least, long most) {
        boolean has(String text) {
            if (!text.matches("[0-9]{1,19}")) {
                return false;
            }
            try {
                long number = Long.parseLong(text);
                return number >= least && number <= most;
            } catch (NumberFormatException e) {
                return false; // More than a long has.
            }
        }
    }

    /**
     * Checks all of a job.
     *
     * @param manifest that tells of it, for the message
     * @throws CorruptImageException if one is not as it must be
     */
    static void check(Path manifest, JobInfo job) throws CorruptImageException {
        for (JobInfo.Property property : job.properties()) {
            Range range = NUMBERS.get(property.name());
            if (range != null && !range.has(property.value())) {
                throw new CorruptImageException(
                        manifest,
                        ImageException.NO_OFFSET,
                        "a number from " + range.least() + " to " + range.most() + " as property " + property.name(),
                        ManifestCheck.quoted(property.value()));
            }
        }
    }
}
