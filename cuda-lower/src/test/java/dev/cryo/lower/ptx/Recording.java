package dev.cryo.lower.ptx;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The launches of a test on the processor, for another device to do the same: what memory was there before, and what it
 * held afterwards. While a recording is {@linkplain #start started}, every {@link Device} of the thread adds to it.
 */
final class Recording {
    private static final ThreadLocal<@Nullable Recording> CURRENT = new ThreadLocal<>();

    private final List<Launch> launches = new ArrayList<>();

    /** Contents of memory at an address. */
    record Contents(long address, byte[] before, byte[] after) {}

    /**
     * A launch that has ended well.
     *
     * @param text the module
     * @param memory all memory of the device, in one piece
     * @param globals the variables of the module; of length 0 if it has none
     * @param sameness what another device may do otherwise
     */
    record Launch(
            String text,
            String kernel,
            Dim3 grid,
            Dim3 block,
            int sharedBytes,
            byte[] parameters,
            Contents memory,
            Contents globals,
            Sameness sameness) {}

    static Recording start() {
        Recording recording = new Recording();
        CURRENT.set(recording);
        return recording;
    }

    /** The recording that has been started by this thread; null if none has. */
    static @Nullable Recording current() {
        return CURRENT.get();
    }

    void add(Launch launch) {
        launches.add(launch);
    }

    /** Ends the recording. */
    List<Launch> stop() {
        CURRENT.remove();
        return launches;
    }
}
