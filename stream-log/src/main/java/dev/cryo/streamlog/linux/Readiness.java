package dev.cryo.streamlog.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Waits until there is something to be read from any of several descriptors. */
public final class Readiness {
    private static final int POLLIN = 1;
    private static final int EINTR = 4;
    private static final CFunction POLL = CFunction.of("poll");

    private Readiness() {}

    /**
     * Waits, and says of each descriptor whether it is ready or has been closed by its other end.
     *
     * @param bell ends the wait, too
     * @param milliseconds how long at most; -1 for ever
     */
    public static boolean[] await(EventDescriptor bell, int milliseconds, int... descriptors) throws LinuxException {
        boolean[] ready = new boolean[descriptors.length];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment polled = arena.allocate(8L * (descriptors.length + 1), 8);
            for (int i = 0; i <= descriptors.length; i++) {
                polled.set(JAVA_INT, 8L * i, i == descriptors.length ? bell.descriptor() : descriptors[i]);
                polled.set(JAVA_SHORT, 8L * i + 4, (short) POLLIN);
            }
            long result = POLL.call(polled.address(), descriptors.length + 1L, milliseconds);
            if ((int) result < 0 && LibC.errno() != EINTR) {
                throw new LinuxException("wait for descriptors", LibC.errno());
            }
            for (int i = 0; i < ready.length; i++) {
                ready[i] = polled.get(JAVA_SHORT, 8L * i + 6) != 0;
            }
            return ready;
        }
    }
}
