package dev.cryo.streamlog.call;

import java.lang.foreign.MemorySegment;

/**
 * The upper half's way to its lower half, through shared memory to another process or directly. Thread-safe; calls of
 * one
 * thread arrive in order, and all calls in one total order.
 */
public interface CallChannel {
    /** Sends a call whose caller does not wait. Parks while the checkpoint gate is closed. */
    void queue(Call.Queued call);

    /**
     * Sends a call and waits for its answer. Parks while the checkpoint gate is closed.
     *
     * @throws CallFailedException with the code of {@link CudaResult} if the call failed
     */
    <R extends Record> R call(Call.Blocking<R> call) throws CallFailedException;

    /**
     * Changes whenever a context of the lower half has become faulted or the lower half was lost; a cheap read, meant
     * to
     * be compared with the last value seen.
     */
    int faultEpoch();

    /**
     * Reserves staging memory and returns its offset, waiting while none is free.
     *
     * @param bytes at most {@link #stagingLimit}
     */
    long reserveStaging(long bytes) throws CallFailedException;

    /** The staging memory. */
    MemorySegment staging();

    /** Gives staging memory back that a copy wrote. */
    void releaseStaging(long offset, long bytes);

    /** The most bytes that one reservation of staging memory may have. */
    long stagingLimit();

    /** Tells why a call failed. */
    final class CallFailedException extends Exception {
        private static final long serialVersionUID = 1;
        private final int code;

        /** With a code of {@link CudaResult}. */
        public CallFailedException(int code) {
            super("CUDA error " + code, null, false, false);
            this.code = code;
        }

        /** The code of {@link CudaResult}. */
        public int code() {
            return code;
        }
    }
}
