package dev.cryo.proxy.supervisor;

import java.util.Locale;

/**
 * What a checkpoint does, one thing after the other, how long each took, and how long the application stood still. For
 * one thread.
 */
final class Timeline {
    private final StringBuilder over = new StringBuilder();
    private String doing = "beginning an image";
    private long since = System.nanoTime();
    private long stoodStill;
    private long wentOn;

    /** Names what is done from now on, for a failure and for the log. */
    void begin(String what) {
        long now = System.nanoTime();
        over.append(over.isEmpty() ? "" : ", ")
                .append(String.format(Locale.ROOT, "%s %.1f ms", doing, (now - since) / 1e6));
        doing = what;
        since = now;
    }

    /** The application is brought to rest from now on. */
    void standStill() {
        stoodStill = System.nanoTime();
    }

    /** The application goes on. */
    void goOn() {
        wentOn = System.nanoTime();
    }

    /** Whether it went on. */
    boolean wentOn() {
        return wentOn != 0;
    }

    /** How long it stood still: up to now, if it does so yet. */
    long pauseNanos() {
        return (wentOn() ? wentOn : System.nanoTime()) - stoodStill;
    }

    /** What is being done. */
    String doing() {
        return doing;
    }

    /** What is over, in words. */
    String words() {
        return over.toString();
    }
}
