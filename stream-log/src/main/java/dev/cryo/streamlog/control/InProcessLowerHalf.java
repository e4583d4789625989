package dev.cryo.streamlog.control;

import dev.cryo.streamlog.call.LowerHalf;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * A lower half in the application's own process, with its part in checkpoints. Thread-safe as far as its lower half is.
 */
public interface InProcessLowerHalf extends AutoCloseable {
    /** What executes calls. */
    LowerHalf lowerHalf();

    /** Answers a request to a lower half, waiting as long as it takes. */
    ControlMessage handle(ControlMessage request);

    /** Says who is told, by any thread, that contents which a restart has left in the image cannot be read. */
    default void onContentsLost(Consumer<String> told) {}

    @Override
    void close() throws IOException;

    /** Makes one; found by {@link java.util.ServiceLoader} among the jars that the application does not see. */
    interface Provider {
        /** The device's kind, as the command line names it. */
        String device();

        /**
         * Makes a lower half, not attached yet.
         *
         * @param host the upper half's memory, to be attached at {@link ControlMessage.Attach}
         * @param option what the device is asked for beyond its kind; empty for what is ordinary
         */
        InProcessLowerHalf open(LowerHalf.HostSide host, String option) throws IOException;
    }
}
