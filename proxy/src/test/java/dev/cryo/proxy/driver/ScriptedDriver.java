package dev.cryo.proxy.driver;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A driver in memory: keeps the states of processes as NVIDIA's does, notes what it was asked, fails when told. */
public final class ScriptedDriver implements ProcessCheckpoints {
    private final Map<Long, ProcessState> states = new HashMap<>();
    private final Map<String, Failure> failures = new HashMap<>();
    private final List<String> calls = new ArrayList<>();
    private List<Gpu> gpus = List.of(new Gpu("GPU-00000000-0000-0000-0000-000000000001", "One"));
    private boolean moving = true;
    private OptionalLong deviceBytes = OptionalLong.empty();

    private record Failure(int code, int times, @Nullable ProcessState leaves) {}

    /** A process that uses CUDA, in a state. */
    public ScriptedDriver with(long pid, ProcessState state) {
        states.put(pid, state);
        return this;
    }

    /** Has other GPUs. */
    public ScriptedDriver on(List<Gpu> others) {
        gpus = others;
        return this;
    }

    /** Cannot restore to other GPUs. */
    public ScriptedDriver unmoving() {
        moving = false;
        return this;
    }

    /** Fails an operation the next times, leaving the process as it was. */
    public ScriptedDriver failing(String operation, int code, int times) {
        failures.put(operation, new Failure(code, times, null));
        return this;
    }

    /** Fails an operation once, leaving the process in a state. */
    public ScriptedDriver failing(String operation, int code, ProcessState leaves) {
        failures.put(operation, new Failure(code, 1, leaves));
        return this;
    }

    /** Has so many bytes of device memory for its processes. */
    public void holding(long bytes) {
        deviceBytes = OptionalLong.of(bytes);
    }

    /** What it was asked: operations and processes. */
    public List<String> calls() {
        return List.copyOf(calls);
    }

    /** The state of a process that uses CUDA. */
    public @Nullable ProcessState stateOf(long pid) {
        return states.get(pid);
    }

    @Override
    public String description() {
        return "scripted driver";
    }

    @Override
    public List<Gpu> gpus() {
        return gpus;
    }

    @Override
    public OptionalLong deviceBytes(List<Long> pids) {
        return deviceBytes;
    }

    @Override
    public int restoreThread(long pid) throws DriverException {
        state(pid);
        return Math.toIntExact(pid + 1);
    }

    @Override
    public boolean canMove() {
        return moving;
    }

    @Override
    public ProcessState state(long pid) throws DriverException {
        ProcessState state = states.get(pid);
        if (state == null) {
            throw new DriverException("no state of " + pid, 1);
        }
        return state;
    }

    @Override
    public void lock(long pid, Duration timeout) throws DriverException {
        step("lock", pid, ProcessState.RUNNING, ProcessState.LOCKED);
    }

    @Override
    public void checkpoint(long pid) throws DriverException {
        step("checkpoint", pid, ProcessState.LOCKED, ProcessState.CHECKPOINTED);
    }

    @Override
    public void restore(long pid, Map<Gpu, Gpu> moved) throws DriverException {
        step("restore", pid, ProcessState.CHECKPOINTED, ProcessState.LOCKED);
    }

    @Override
    public void unlock(long pid) throws DriverException {
        step("unlock", pid, ProcessState.LOCKED, ProcessState.RUNNING);
    }

    private void step(String operation, long pid, ProcessState from, ProcessState to) throws DriverException {
        calls.add(operation + " " + pid);
        Failure failure = failures.get(operation);
        if (failure != null && failure.times > 0) {
            failures.put(operation, new Failure(failure.code, failure.times - 1, failure.leaves));
            if (failure.leaves != null) {
                states.put(pid, failure.leaves);
            }
            throw new DriverException(operation + " told to fail", failure.code);
        }
        if (state(pid) != from) {
            throw new DriverException(operation + " of one that is " + state(pid), 401);
        }
        states.put(pid, to);
    }
}
