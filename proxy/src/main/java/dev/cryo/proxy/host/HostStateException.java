package dev.cryo.proxy.host;

import java.io.Serial;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The host state could not be saved, or not be brought back.
 *
 * <p>The message names what stands in the way, each on a line of its own with what to do about it. After a failed dump
 * the application runs on; after a failed restore nothing was started, or what was started has been ended.
 */
public final class HostStateException extends Exception {
    @Serial
    private static final long serialVersionUID = 1;

    private final transient List<String> reasons;
    private final transient @Nullable Path log;

    /** What failed, and why: one reason with its remedy each. */
    public HostStateException(String what, List<String> reasons) {
        this(what, reasons, null);
    }

    /** As above, with CRIU's own log. */
    public HostStateException(String what, List<String> reasons, @Nullable Path log) {
        super(text(what, reasons, log));
        this.reasons = List.copyOf(reasons);
        this.log = log;
    }

    /** What failed, with the cause. */
    public HostStateException(String what, Throwable cause) {
        super(what + ": " + cause, cause);
        this.reasons = List.of();
        this.log = null;
    }

    /** The reasons, one obstacle each. */
    public List<String> reasons() {
        return reasons;
    }

    /** CRIU's log of the failed run, which is kept. */
    public Optional<Path> log() {
        return Optional.ofNullable(log);
    }

    private static String text(String what, List<String> reasons, @Nullable Path log) {
        StringBuilder text = new StringBuilder(what);
        String before = reasons.size() == 1 ? ": " : ":\n  ";
        for (String reason : reasons) {
            text.append(before).append(reason);
            before = "\n  ";
        }
        if (log != null) {
            text.append(" (log: ").append(log).append(')');
        }
        return text.toString();
    }
}
