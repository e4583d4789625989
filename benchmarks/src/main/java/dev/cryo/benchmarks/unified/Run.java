package dev.cryo.benchmarks.unified;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/** What both applications have in common: how they start, tell how far they are, fail and end. */
final class Run {
    private static final int MOST_STEPS = 100_000_000;

    private final int steps;
    private final long pauseMillis;
    private final AtomicInteger done = new AtomicInteger();

    /** Tells progress over so many steps, with a sleep after each. */
    Run(long steps, long pauseMillis) throws Arguments.Wrong {
        if (steps > MOST_STEPS) {
            throw new Arguments.Wrong(steps + " steps are too many");
        }
        this.steps = (int) steps;
        this.pauseMillis = pauseMillis;
    }

    /** The application itself. */
    interface Body {
        /** Works and returns the digest of the results. */
        String run(Arguments arguments) throws Exception;
    }

    /** A result that is not what it should be, or a CUDA call that failed. */
    static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1;

        Failed(String message) {
            super(message);
        }
    }

    /** Runs to the end of the process: prints OK and the digest, or what failed, and exits. */
    static void main(Arguments declared, String[] words, Body body) {
        System.exit(exitCode(declared, words, body));
    }

    private static int exitCode(Arguments declared, String[] words, Body body) {
        try {
            say("OK " + body.run(declared.parse(words)));
            return 0;
        } catch (Arguments.Wrong e) {
            System.err.println(e.getMessage());
            return 2;
        } catch (Failed e) {
            System.err.println("FAILED: " + e.getMessage());
            return 1;
        } catch (Exception e) {
            System.err.println("FAILED: " + e);
            e.printStackTrace();
            return 1;
        }
    }

    static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    /** Says that one step more is done. Any thread may. */
    void step(String format, Object... details) throws InterruptedException {
        say("step " + done.incrementAndGet() + "/" + steps + " " + String.format(Locale.ROOT, format, details));
        Thread.sleep(pauseMillis);
    }
}
