package dev.cryo.streamlog.call;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * What executes calls: a driver and its device, or what stands for them. It is never saved; a restart builds a fresh
 * one
 * and replays the stream log into it.
 *
 * <p>Threading: {@link #execute} and the methods below it are called by one thread at a time. Replies come from any
 * thread.
 */
public interface LowerHalf extends AutoCloseable {
    /**
     * Gives access to the upper half's shared memory: staging becomes readable, and live page-locked memory that was
     * replayed before is mapped.
     *
     * @throws IOException if page-locked memory cannot be mapped at its address
     */
    void attach(HostSide host) throws IOException;

    /** The live page-locked memory, by ascending address; its contents can be read and written while attached. */
    default List<Range> pageLocked() {
        return List.of();
    }

    /** Gives up the upper half's shared memory; the device must be {@linkplain #drain drained}. */
    void detach();

    /**
     * Starts a call and returns without waiting for the device. Calls take effect in the order of this method's calls,
     * as far as CUDA orders them.
     *
     * @param reply is told the outcome exactly once. For a queued call success is told when it is accepted; a failure
     *     that is told makes the call's context faulted
     */
    void execute(Call call, Reply reply);

    /**
     * Waits until all work of all streams has ended. May be called while another thread executes calls.
     *
     * @return what still runs when the time is over, in words; empty if nothing does
     */
    String drain(Duration timeout) throws InterruptedException;

    /**
     * Makes the contents of the device immutable at the least cost the device allows. The device must be drained; work
     * may go on as soon as this returns.
     *
     * @throws IOException if the operating system refuses; the device goes on unharmed
     */
    Capture capture() throws IOException;

    /** Writes contents into device memory after a replay, before any other work. */
    void write(long address, MemorySegment contents);

    /** Writes zeros into device memory after a replay, before any other work. */
    default void writeZeros(long address, long bytes) {
        MemorySegment zeros = MemorySegment.ofArray(new byte[1 << 16]);
        for (long done = 0; done < bytes; done += zeros.byteSize()) {
            write(address + done, zeros.asSlice(0, Math.min(zeros.byteSize(), bytes - done)));
        }
    }

    /**
     * Takes contents of device memory after a replay, before any other work, to read them when they are used first.
     *
     * @param contents closed by this lower half once it needs them no more
     * @param lost is told, by any thread, what keeps contents from being read; who needs them then fails
     * @return false where a lower half cannot: nothing is taken then, and contents have to be {@linkplain #write
     *     written}
     */
    default boolean defer(Contents contents, Consumer<IOException> lost) {
        return false;
    }

    /** Takes over state that is neither memory nor in the log, after a replay. */
    void restore(DeviceState state);

    /** Ends all work, abandoning kernels that run, and gives back everything. */
    @Override
    void close();

    /** Is told the outcome of a call. */
    interface Reply {
        /** The call succeeded. */
        void done(Record result);

        /** The call failed with a code of {@link CudaResult}. */
        void failed(int code);
    }

    /** The shared memory of the upper half, as the lower half sees it. Thread-safe. */
    interface HostSide {
        /** All of the staging memory. */
        MemorySegment staging();

        /** Tells that a staging area that a copy read is free again. */
        void releaseStaging(long offset, long bytes);

        /** Maps page-locked memory of the application at {@code address}; does nothing where it is mapped already. */
        void mapHost(long address, long bytes, int descriptor) throws IOException;

        /** Unmaps it. */
        void unmapHost(long address, long bytes);

        /** Tells that a context has become faulted; the upper half will ask which. */
        void faulted();
    }

    /** Contents of memory that lie elsewhere, in windows of 2 MiB of the address space. Thread-safe until closed. */
    interface Contents extends AutoCloseable {
        /** The size of a window. */
        long WINDOW_BYTES = 2 << 20;

        /** The windows that hold something, ascending, each by its address divided by its size; others are zero. */
        long[] windows();

        /**
         * Reads a window, whose bytes are checked before the sink has any.
         *
         * @param sink is given all that is not zero
         * @throws IOException if they cannot be read, or are not what was written
         */
        void load(long window, Sink sink) throws IOException;

        /** Reads a part of one window, checked likewise. */
        void read(long address, MemorySegment into) throws IOException;

        @Override
        void close() throws IOException;

        /** Takes contents. */
        @FunctionalInterface
        interface Sink {
            /** Takes what lies at an address; the segment is the caller's again when this returns. */
            void write(long address, MemorySegment contents);
        }
    }

    /** Device contents as they were at one moment. */
    interface Capture extends AutoCloseable {
        /** The live device memory, module globals included, by ascending address, without overlap. */
        List<Range> ranges();

        /** State that is neither memory nor in the log. */
        DeviceState state();

        /** Reads contents; callable from several threads at a time. */
        void read(long address, MemorySegment into) throws IOException;

        /**
         * Whether memory is known to hold what it held at the last capture that was {@linkplain #stored stored}, or
         * what a restart has written into it.
         */
        default boolean isUnchanged(long address, long bytes) {
            return false;
        }

        /** Tells that all contents were stored: later captures compare with this one. */
        default void stored() {}

        /** Gives the contents up. */
        @Override
        void close();
    }

    /** A range of addresses; bytes is its length. */
    record Range(long address, long bytes) {}

    /**
     * What is saved of a device beside its memory.
     *
     * @param clock the device's clock, in nanoseconds
     * @param events when events were recorded on that clock
     */
    record DeviceState(long clock, List<RecordedEvent> events) {
        /** A recorded event and its time in nanoseconds. */
        public record RecordedEvent(long event, long time) {}
    }
}
