package dev.cryo.lower.device;

/** The device's clock, in nanoseconds since the device was first created, restarts not counted. */
public final class Clock {
    private volatile long offset = -System.nanoTime();

    /** The time. */
    public long now() {
        return System.nanoTime() + offset;
    }

    /** Lets the clock go on from a time. */
    public void set(long now) {
        offset = now - System.nanoTime();
    }
}
