package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.host.HostStateException;
import java.io.IOException;
import java.nio.file.Path;

/** Saves the host state of the application that is running. */
interface HostDump {
    /** About how much it will write, in bytes. */
    long estimate();

    /** How much memory the application's processes can still take, in bytes. */
    long availableBytes() throws IOException;

    /**
     * Writes the host state into an empty folder; the application runs on.
     *
     * @throws HostStateException if it cannot be saved; the application runs on all the same
     */
    void into(Path folder) throws HostStateException;
}
