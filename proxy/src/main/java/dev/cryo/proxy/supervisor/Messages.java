package dev.cryo.proxy.supervisor;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;

/**
 * What the supervisor says: to standard error, each line after {@code cryo: }, and with its time to a log file in the
 * job's folder. Never to standard output, which is the application's. Thread-safe.
 */
final class Messages {
    private final PrintStream out;
    private final Path log;

    Messages(PrintStream out, Path log) {
        this.out = out;
        this.log = log;
    }

    /** Says something that the user should see. */
    void say(String message) {
        // One write for a message, so that the application's own lines do not come between.
        out.print(message.lines().map(line -> "cryo: " + line + "\n").reduce("", String::concat));
        out.flush();
        note(message);
    }

    /** Writes something to the log only. */
    synchronized void note(String message) {
        String line = OffsetDateTime.now().truncatedTo(ChronoUnit.MILLIS) + " " + message + "\n";
        try {
            Files.writeString(log, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            out.print("cryo: cannot write " + log + ": " + e.getMessage() + "\n");
        }
    }

    /** Writes a defect with its stack trace to the log, and what it is to the user. */
    void defect(String doing, Throwable e) {
        say(doing + ": " + e);
        StringBuilder trace = new StringBuilder();
        for (StackTraceElement element : e.getStackTrace()) {
            trace.append("\n    at ").append(element);
        }
        note(doing + ": " + e + trace);
    }
}
