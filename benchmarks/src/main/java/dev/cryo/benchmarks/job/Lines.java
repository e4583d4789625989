package dev.cryo.benchmarks.job;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The lines that a process has printed so far, read as they come by a thread of its own. Thread-safe. */
public final class Lines {
    private final String owner;
    private final List<Line> lines = new ArrayList<>();
    private @Nullable Consumer<String> listener;
    private boolean ended;

    /** A line and when it came, by {@link System#nanoTime}. */
    public record Line(String text, long nanos) {}

    Lines(String owner, InputStream from) {
        this.owner = owner;
        Thread.ofPlatform().daemon().name("lines of " + owner).start(() -> read(from));
    }

    private void read(InputStream from) {
        try (var reader = new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                add(line);
            }
        } catch (IOException e) {
            add("(the rest could not be read: " + e.getMessage() + ")");
        } finally {
            synchronized (this) {
                ended = true;
                notifyAll();
            }
        }
    }

    private void add(String text) {
        Consumer<String> told;
        synchronized (this) {
            lines.add(new Line(text, System.nanoTime()));
            told = listener;
            notifyAll();
        }
        if (told != null) {
            told.accept(text);
        }
    }

    /** Tells every line that comes from now on, on the reading thread. */
    public synchronized void tell(Consumer<String> to) {
        listener = to;
    }

    /**
     * Waits for a line that contains a text, also one that has come already.
     *
     * @throws UnexpectedException with all lines if it does not come in time or at all
     */
    public Line await(String part, Duration limit) throws UnexpectedException, InterruptedException {
        return await(line -> line.contains(part), "a line with \"" + part + "\"", limit);
    }

    /** Waits for a line that is wanted, also one that has come already; {@code what} names it in the failure. */
    public synchronized Line await(Predicate<String> wanted, String what, Duration limit)
            throws UnexpectedException, InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        int seen = 0;
        while (true) {
            for (; seen < lines.size(); seen++) {
                if (wanted.test(lines.get(seen).text)) {
                    return lines.get(seen);
                }
            }
            long left = end - System.nanoTime();
            if (ended || left <= 0) {
                String why = ended ? " ended without " : " did not print within " + limit.toSeconds() + " s ";
                throw new UnexpectedException(owner + why + what + "; it printed:\n" + text());
            }
            wait(Math.max(1, left / 1_000_000));
        }
    }

    /** Waits until the process has closed the stream. */
    synchronized void awaitEnd(Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        for (long left = limit.toNanos(); !ended && left > 0; left = end - System.nanoTime()) {
            wait(Math.max(1, left / 1_000_000));
        }
    }

    /** All lines so far. */
    public synchronized List<Line> all() {
        return List.copyOf(lines);
    }

    /** The texts of all lines so far. */
    public List<String> texts() {
        return all().stream().map(Line::text).toList();
    }

    /** All lines so far as one text. */
    public String text() {
        return String.join("\n", texts());
    }
}
