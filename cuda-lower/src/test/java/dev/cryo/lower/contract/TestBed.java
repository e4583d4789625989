package dev.cryo.lower.contract;

import dev.cryo.lower.managed.UnifiedDevice;

/** Makes devices of one kind, for one test at a time. */
public interface TestBed extends AutoCloseable {
    /**
     * A fresh device, which the caller closes.
     *
     * @param memoryBytes how much memory it has, where that can be chosen
     */
    UnifiedDevice open(long memoryBytes) throws Exception;

    /** A fresh device with enough memory. */
    default UnifiedDevice open() throws Exception {
        return open(1L << 30);
    }

    /** What a kernel's fault ends. */
    FaultReach faultReach();

    /** Whether modules are loaded while kernels run; else a load is answered when these have ended. */
    boolean loadsWhileKernelsRun();

    /** Whether restores leave contents in their image until they are used. */
    default boolean defers() {
        return false;
    }

    /** Fails if the devices, which have been closed, have left something behind. */
    @Override
    void close() throws Exception;
}
