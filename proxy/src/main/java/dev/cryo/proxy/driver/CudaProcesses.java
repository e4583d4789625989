package dev.cryo.proxy.driver;

import dev.cryo.proxy.host.GpuDevices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Those processes of an application that use CUDA, and what the driver does to all of them. For one thread at a time.
 *
 * <p>A step that fails leaves the processes as far as it came; {@link #resume} lets them go on from wherever they are.
 */
public final class CudaProcesses {
    private final ProcessCheckpoints driver;
    private final List<Long> pids;

    private CudaProcesses(ProcessCheckpoints driver, List<Long> pids) {
        this.driver = driver;
        this.pids = List.copyOf(pids);
    }

    /**
     * Finds them: the driver knows their state. None is no failure: an application that has not begun to use the GPU is
     * like any other.
     *
     * @param all the processes of the application
     * @throws DriverException if a process has a GPU open that the driver does not know as a CUDA process, with what
     *     the driver said of every process
     */
    public static CudaProcesses among(ProcessCheckpoints driver, List<Long> all)
            throws DriverException, InterruptedException {
        List<Long> found = new ArrayList<>();
        List<String> said = new ArrayList<>();
        List<Long> strange = new ArrayList<>();
        for (long pid : all) {
            try {
                ProcessState state = driver.state(pid);
                found.add(pid);
                said.add(words(pid) + " is " + words(state));
            } catch (DriverException e) {
                if (e.code() == 0) {
                    throw e;
                }
                said.add(words(pid) + ": " + e.getMessage());
                if (holdsGpu(pid)) {
                    strange.add(pid);
                }
            }
        }
        if (!strange.isEmpty()) {
            throw new DriverException(
                    "process " + strange.getFirst() + " has a GPU open, but the driver does not tell its state; of all"
                            + " processes it says: " + String.join("; ", said),
                    0);
        }
        return new CudaProcesses(driver, found);
    }

    /** Processes that are known to use CUDA. */
    public static CudaProcesses of(ProcessCheckpoints driver, List<Long> pids) {
        return new CudaProcesses(driver, pids);
    }

    /** Their ids. */
    public List<Long> pids() {
        return pids;
    }

    /** The device memory that they have, in bytes; nothing where it cannot be told. */
    public OptionalLong deviceBytes() throws DriverException, InterruptedException {
        return pids.isEmpty() ? OptionalLong.of(0) : driver.deviceBytes(pids);
    }

    /**
     * Refuses processes in another state than running.
     *
     * @throws DriverException if one is
     */
    public void requireRunning() throws DriverException, InterruptedException {
        for (long pid : pids) {
            ProcessState state = driver.state(pid);
            if (state != ProcessState.RUNNING) {
                throw new DriverException(
                        words(pid) + " is " + words(state) + " already, by another tool or a checkpoint that failed",
                        0);
            }
        }
    }

    /** Lets the CUDA calls of all wait; all are running before. */
    public void lock(Duration timeout) throws DriverException, InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        for (long pid : pids) {
            driver.lock(pid, Duration.ofNanos(Math.max(1, end - System.nanoTime())));
        }
    }

    /** Brings the device memory of all into their host memory; all are locked before. */
    public void checkpoint() throws DriverException, InterruptedException {
        for (long pid : pids) {
            driver.checkpoint(pid);
        }
    }

    /**
     * Lets all go on, from whatever state they are in. Those that have ended are left out.
     *
     * @param moved as for {@link ProcessCheckpoints#restore}
     * @throws DriverException if one cannot; all others do
     */
    public void resume(Map<Gpu, Gpu> moved) throws DriverException, InterruptedException {
        DriverException failure = null;
        // All have their device back before the first one uses it.
        for (ProcessState until : List.of(ProcessState.LOCKED, ProcessState.RUNNING)) {
            for (long pid : pids) {
                try {
                    resume(pid, moved, until);
                } catch (DriverException e) {
                    if (failure == null) {
                        failure = e;
                    } else {
                        failure.addSuppressed(e);
                    }
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private void resume(long pid, Map<Gpu, Gpu> moved, ProcessState until)
            throws DriverException, InterruptedException {
        if (ProcessHandle.of(pid).isEmpty()) {
            return;
        }
        switch (driver.state(pid)) {
            case RUNNING -> { }
            case LOCKED -> {
                if (until == ProcessState.RUNNING) {
                    driver.unlock(pid);
                }
            }
            case CHECKPOINTED -> {
                if (until == ProcessState.LOCKED) {
                    driver.restore(pid, moved);
                }
            }
            case FAILED -> throw new DriverException(
                    words(pid) + " is failed: the driver cannot bring it back", 0);
        }
    }

    /** The processes with what the driver says of each, for a log. */
    public String description() throws InterruptedException {
        List<String> words = new ArrayList<>();
        for (long pid : pids) {
            try {
                words.add(words(pid) + " is " + words(driver.state(pid)));
            } catch (DriverException e) {
                words.add(words(pid) + ": " + e.getMessage());
            }
        }
        return words.isEmpty() ? "no process uses CUDA" : String.join(", ", words);
    }

    private static String words(ProcessState state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    private static String words(long pid) {
        String name;
        try {
            name = Files.readString(Path.of("/proc/" + pid + "/comm")).strip();
        } catch (IOException e) {
            name = "ended";
        }
        return "process " + pid + " (" + name + ")";
    }

    private static boolean holdsGpu(long pid) throws DriverException {
        try {
            return !GpuDevices.heldBy(pid).isEmpty();
        } catch (IOException e) {
            throw new DriverException("cannot look at process " + pid, e);
        }
    }
}
