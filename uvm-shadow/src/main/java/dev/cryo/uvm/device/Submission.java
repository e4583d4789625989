package dev.cryo.uvm.device;

import java.util.concurrent.CompletableFuture;

/** Hands work to the device. */
@FunctionalInterface
public interface Submission {
    /**
     * Called once, with the lock of {@link ManagedMemory} held: must not wait for the device.
     *
     * @return is completed, normally or not, when the work has ended or will never run
     */
    CompletableFuture<?> submit();
}
