package dev.cryo.proxy.driver;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The driver's process checkpoint. A process is named by the id that it has in the caller's namespace.
 *
 * <p>Every method waits for the driver, but not for ever, and throws a {@link DriverException} that says in plain words
 * what it refused or did not answer. May be used by any thread; the driver gets one call at a time.
 */
public interface ProcessCheckpoints {
    /** The driver and its version, in words. */
    String description();

    /** The GPUs that CUDA has here, in its order. */
    List<Gpu> gpus() throws DriverException, InterruptedException;

    /** The bytes of device memory that processes have; nothing where it cannot be told. */
    OptionalLong deviceBytes(List<Long> pids) throws DriverException, InterruptedException;

    /** Whether a process can be restored to other GPUs than it was on. */
    boolean canMove();

    /**
     * What a process does.
     *
     * @throws DriverException if it uses no CUDA, among other reasons: the driver does not tell them apart
     */
    ProcessState state(long pid) throws DriverException, InterruptedException;

    /** The thread of a process that does what is asked of it here; for a diagnosis. */
    int restoreThread(long pid) throws DriverException, InterruptedException;

    /**
     * Lets the CUDA calls of a process that is running wait, and waits until what it had submitted has ended.
     *
     * @throws DriverException if that takes longer than the timeout; the process runs on then
     */
    void lock(long pid, Duration timeout) throws DriverException, InterruptedException;

    /** Brings what a locked process has on the device into its host memory and gives the device up. */
    void checkpoint(long pid) throws DriverException, InterruptedException;

    /**
     * Gives a checkpointed process its device back, which leaves it locked.
     *
     * @param moved where its GPUs are now: empty where they are the same, else all of them
     */
    void restore(long pid, Map<Gpu, Gpu> moved) throws DriverException, InterruptedException;

    /** Lets the CUDA calls of a locked process go on. */
    void unlock(long pid) throws DriverException, InterruptedException;
}
