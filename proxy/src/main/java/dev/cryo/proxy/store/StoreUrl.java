package dev.cryo.proxy.store;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where images are kept beside the job's folder: {@code s3://BUCKET} or {@code s3://BUCKET/PREFIX}.
 *
 * @param prefix without slashes at its ends; empty for none
 */
public record StoreUrl(String bucket, String prefix) {
    private static final Pattern FORM = Pattern.compile("s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?");
    private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9_=+-][A-Za-z0-9._=+-]*"
            + "(?:/[A-Za-z0-9_=+-][A-Za-z0-9._=+-]*)*");

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException if it has another form; the message is meant for the user
     */
    public static StoreUrl parse(String text) {
        Matcher parts = FORM.matcher(text.replaceAll("/+$", ""));
        if (!parts.matches()) {
            throw new IllegalArgumentException(
                    "\"" + text + "\" is no place for images: it takes s3://BUCKET or s3://BUCKET/PREFIX");
        }
        String prefix = parts.group(2) == null ? "" : parts.group(2);
        if (!prefix.isEmpty() && !PREFIX.matcher(prefix).matches()) {
            throw new IllegalArgumentException("\"" + prefix + "\" in " + text
                    + " is no prefix: letters, digits and . _ - = + between slashes, no part beginning with a dot");
        }
        return new StoreUrl(parts.group(1), prefix);
    }

    /** The key of something of a job. */
    String key(String job, String name) {
        return (prefix.isEmpty() ? "" : prefix + "/") + job + "/" + name;
    }

    @Override
    public String toString() {
        return "s3://" + bucket + (prefix.isEmpty() ? "" : "/" + prefix);
    }
}
