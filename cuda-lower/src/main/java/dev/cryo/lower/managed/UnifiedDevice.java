package dev.cryo.lower.managed;

import dev.cryo.lower.ptx.PointerUse;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.uvm.device.DevicePages;
import java.util.Optional;

/**
 * A lower half that can have unified memory: executes {@code ManagedAlloc} and {@code ManagedFree} as allocations of
 * ordinary device memory, {@code ModuleLoadManaged} as a load that writes to one, and the other calls about unified
 * memory by doing nothing.
 */
public interface UnifiedDevice extends LowerHalf {
    /** Reads and writes live device memory past all streams; thread-safe. */
    DevicePages pages();

    /**
     * Queues host code behind all work of a stream so far: the stream's later work waits for it, and so does whoever
     * asks for the end of what came before. It runs once, on any thread, also if that work has failed, and at once if
     * there is no such stream. Called by the thread that executes calls.
     */
    void follow(long stream, Runnable code);

    /**
     * Waits until the next calls do not have to wait for code that {@link #follow} was given. Called by the thread that
     * executes calls, holding nothing that this code may wait for.
     */
    default void awaitRoom() {}

    /** Whether an address is one of live memory that a kernel may access: of the device, or page-locked. */
    boolean has(long address);

    /**
     * What a kernel may access; empty if that is not known. Called by the thread that executes calls.
     *
     * @param function its id
     */
    Optional<PointerUse> pointers(long function);

    /**
     * Where the managed variables of a kernel's module lie; 0 if it has none. Called by the thread that executes calls.
     *
     * @param function its id
     */
    long managed(long function);
}
