package dev.cryo.proxy.cli;

import dev.cryo.proxy.supervisor.JobException;
import dev.cryo.proxy.supervisor.JobFolder;
import java.io.IOException;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A job, or one of its images: {@code NAME} or {@code NAME@K}.
 *
 * @param image the number of the image, if one is named
 */
record JobRef(String job, OptionalLong image) {
    /** Before the command line is read. */
    static final JobRef NONE = new JobRef("", OptionalLong.empty());

    private static final Pattern FORM = Pattern.compile("([^@]+)(?:@([0-9]{1,18}))?");

    /** Reads one. */
    static final class Converter implements ITypeConverter<JobRef> {
        @Override
        public JobRef convert(String text) {
            Matcher parts = FORM.matcher(text);
            if (!parts.matches()) {
                throw new TypeConversionException("'" + text + "' is neither NAME nor NAME@IMAGE");
            }
            String image = parts.group(2);
            return new JobRef(
                    parts.group(1), image == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(image)));
        }
    }

    /** The job's folder, which exists. */
    JobFolder folder(Map<String, String> environment) throws JobException {
        return JobFolder.existing(job, environment);
    }

    /** The image that is named, or the newest. */
    long image(JobFolder folder) throws JobException {
        if (image.isPresent()) {
            return image.getAsLong();
        }
        try {
            return folder.images().latest().orElseThrow(() -> new JobException(
                    JobException.Kind.UNKNOWN, "job " + job + " has no image"));
        } catch (IOException e) {
            throw new JobException(
                    JobException.Kind.FAILED, "cannot read the images of job " + job + ": " + e.getMessage(), e);
        }
    }

    /** As it can be given. Picocli asks for it; what the JDK makes for a record takes 10 ms in a JVM that begins. */
    @Override
    public String toString() {
        return image.isPresent() ? job + "@" + image.getAsLong() : job;
    }
}
