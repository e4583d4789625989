package dev.cryo.lower.ptx.device;

/** The device's clock, in nanoseconds since the device was first created, restarts not counted. */
final class Clock {
    private volatile long offset = -System.nanoTime();

    long now() {
        return System.nanoTime() + offset;
    }

    /** Lets the clock go on from a time. */
    void set(long now) {
        offset = now - System.nanoTime();
    }
}
