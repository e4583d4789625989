package dev.cryo.uvm.device;

/** Hands work to the device. */
@FunctionalInterface
public interface Submission {
    /**
     * Called once, with the lock of {@link ManagedMemory} held: must not wait for the device.
     *
     * @param end must be run once, behind the work in its stream: before the stream's later work begins and before
     *     anybody is told that the work has ended; also if the work has failed or will never run, then at once. Work
     *     that writes no unified memory need not run it. It can take as long as a copy of what the work may write.
     */
    void submit(Runnable end);
}
