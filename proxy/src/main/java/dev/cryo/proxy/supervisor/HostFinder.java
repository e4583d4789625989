package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.host.HostState;
import java.util.Optional;

/** Tells what saves and restores processes; for a job whose application saves itself, nothing. */
@FunctionalInterface
interface HostFinder {
    /**
     * Waits until it is found; a job that runs does not wait any more.
     *
     * @throws JobException if it cannot be had here
     */
    Optional<HostState> find() throws JobException, InterruptedException;
}
