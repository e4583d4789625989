package dev.cryo.streamlog.ring;

import static dev.cryo.streamlog.ring.RingDescriptor.INT;
import static dev.cryo.streamlog.ring.RingDescriptor.LONG;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.codec.Decoder;
import dev.cryo.streamlog.codec.Encoder;
import dev.cryo.streamlog.linux.Futex;
import dev.cryo.streamlog.linux.LinuxException;
import dev.cryo.streamlog.linux.SharedMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * The proxy's end of the ring: maps the application's shared memory and starts its calls on a lower half, by one
 * dispatcher thread, until it is closed.
 *
 * <p>A call that cannot be decoded, or a lower half that throws, is a defect after which nothing computed can be
 * trusted:
 * the exception goes to the dispatcher's uncaught exception handler, and the process is expected to end.
 *
 * <p>Answers are written by whatever thread completes a call, so a call that waits for the device does not hold up
 * others.
 */
public final class RingServer implements LowerHalf.HostSide, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(RingServer.class.getName());
    private static final long SPIN_NANOS = 20_000;
    private static final long CHECK_NANOS = 100_000_000;

    private final long applicationPid;
    private final SharedMemory shared;
    private final MemorySegment memory;
    private final LowerHalf lowerHalf;
    private final Staging staging;
    private final SpaceSignal space;
    private final Map<Long, SharedMemory> hostMemory = new HashMap<>();
    private final Thread dispatcher;
    private volatile boolean closing;

    private RingServer(long applicationPid, SharedMemory shared, LowerHalf lowerHalf) {
        this.applicationPid = applicationPid;
        this.shared = shared;
        this.memory = shared.segment();
        this.lowerHalf = lowerHalf;
        this.space = new SpaceSignal(memory, RingDescriptor.SPACE_OFFSET, RingDescriptor.SPACE_WAITERS_OFFSET);
        this.staging =
                new Staging(memory, RingDescriptor.CHUNK_STATES_OFFSET, RingDescriptor.STAGING_OFFSET, space);
        this.dispatcher = Thread.ofPlatform().name("cryo-dispatcher").daemon().unstarted(this::dispatch);
    }

    /**
     * Attaches a lower half to an application and starts to serve its calls.
     *
     * @param applicationPid its process id as this process sees it
     * @param descriptor the shared memory's descriptor in that process
     * @throws IOException if the memory cannot be mapped or is not a ring of this version
     */
    public static RingServer attach(long applicationPid, int descriptor, long bytes, LowerHalf lowerHalf)
            throws IOException {
        if (bytes != RingDescriptor.TOTAL_BYTES) {
            throw new IOException("the application's shared memory has " + bytes + " bytes, expected "
                    + RingDescriptor.TOTAL_BYTES + ": application and proxy are of different versions of cryo");
        }
        SharedMemory shared = SharedMemory.open(applicationPid, descriptor, bytes);
        RingServer server = new RingServer(applicationPid, shared, lowerHalf);
        try {
            long magic = (long) LONG.getVolatile(server.memory, RingDescriptor.MAGIC_OFFSET);
            if (magic != RingDescriptor.MAGIC) {
                throw new IOException("the application's shared memory is no ring of this version: it begins with 0x"
                        + Long.toHexString(magic));
            }
            lowerHalf.attach(server);
        } catch (IOException | RuntimeException e) {
            server.unmapAll();
            throw e;
        }
        server.dispatcher.start();
        return server;
    }

    private void dispatch() {
        Decoder decoder = new Decoder(memory);
        long head = (long) LONG.getVolatile(memory, RingDescriptor.HEAD_OFFSET);
        while (true) {
            long record = RingDescriptor.recordOffset(head);
            int bytes = awaitRecord(record);
            if (bytes == 0) {
                return;
            }
            int slot = (int) INT.get(memory, record + RingDescriptor.RECORD_SLOT);
            if (slot != RingDescriptor.PADDING) {
                decoder.reset(memory.asSlice(record + RingDescriptor.RECORD_CALL, bytes - RingDescriptor.RECORD_CALL));
                start(slot, decoder);
            }
            memory.asSlice(record, bytes).fill((byte) 0);
            head += bytes;
            LONG.setRelease(memory, RingDescriptor.HEAD_OFFSET, head);
            if ((int) INT.getVolatile(memory, RingDescriptor.SPACE_WAITERS_OFFSET) != 0) {
                space.raise();
            }
        }
    }

    /** Waits for a record; 0 when the server is closing. */
    private int awaitRecord(long record) {
        long idleSince = 0;
        while (true) {
            int bytes = (int) INT.getAcquire(memory, record + RingDescriptor.RECORD_LENGTH);
            if (bytes != 0 || closing) {
                return bytes;
            }
            long now = System.nanoTime();
            idleSince = idleSince == 0 ? now : idleSince;
            if (now - idleSince < SPIN_NANOS) {
                Thread.onSpinWait();
                continue;
            }
            INT.setVolatile(memory, RingDescriptor.DISPATCHER_ASLEEP_OFFSET, 1);
            if ((int) INT.getVolatile(memory, record + RingDescriptor.RECORD_LENGTH) == 0 && !closing) {
                Futex.await(memory.address() + RingDescriptor.DISPATCHER_ASLEEP_OFFSET, 1, CHECK_NANOS);
            }
            INT.setVolatile(memory, RingDescriptor.DISPATCHER_ASLEEP_OFFSET, 0);
        }
    }

    private void start(int slot, Decoder decoder) {
        if (slot < RingDescriptor.INDIRECT) {
            execute(Call.VOCABULARY.decode(decoder), slot);
            return;
        }
        long offset = decoder.getLong();
        int bytes = decoder.getInt();
        Call call = Call.VOCABULARY.decode(new Decoder(staging.data().asSlice(offset, bytes)));
        staging.release(offset, bytes);
        execute(call, slot - RingDescriptor.INDIRECT);
    }

    private void execute(Call call, int slot) {
        lowerHalf.execute(call, slot == RingDescriptor.NO_SLOT ? new Unawaited(call) : new Answer(slot));
    }

    /**
     * Leaves the application's memory; its gate must be closed and its calls complete.
     *
     * @throws IOException if they are not, as where the application has lost its supervisor and goes on: its calls are
     *     no longer heard then, and its memory stays mapped, for what runs works on it
     */
    @Override
    public void close() throws IOException {
        closing = true;
        INT.setVolatile(memory, RingDescriptor.DISPATCHER_ASLEEP_OFFSET, 0);
        Futex.wakeAll(memory.address() + RingDescriptor.DISPATCHER_ASLEEP_OFFSET);
        String running;
        try {
            dispatcher.join();
            running = lowerHalf.drain(Duration.ZERO);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the dispatcher ends", e);
        }
        if (!running.isEmpty()) {
            throw new IOException("the application goes on, and the device runs " + running);
        }
        lowerHalf.detach();
        unmapAll();
    }

    private synchronized void unmapAll() throws LinuxException {
        for (SharedMemory mapped : hostMemory.values()) {
            mapped.close();
        }
        hostMemory.clear();
        shared.close();
    }

    @Override
    public MemorySegment staging() {
        return staging.data();
    }

    @Override
    public void releaseStaging(long offset, long bytes) {
        staging.release(offset, bytes);
    }

    @Override
    public synchronized void mapHost(long address, long bytes, int descriptor) throws IOException {
        if (!hostMemory.containsKey(address)) {
            int found = SharedMemory.find(applicationPid, Call.HostAlloc.memoryName(address), descriptor);
            hostMemory.put(address, SharedMemory.openAt(applicationPid, found, address, bytes));
        }
    }

    @Override
    public synchronized void unmapHost(long address, long bytes) {
        SharedMemory mapped = hostMemory.remove(address);
        if (mapped != null) {
            try {
                mapped.close();
            } catch (LinuxException e) {
                LOG.log(System.Logger.Level.WARNING, "page-locked memory stays mapped", e);
            }
        }
    }

    @Override
    public void faulted() {
        INT.getAndAdd(memory, RingDescriptor.FAULT_EPOCH_OFFSET, 1);
    }

    /** The outcome of a call that somebody waits for. */
    private final class Answer implements LowerHalf.Reply {
        private final int slot;

        Answer(int slot) {
            this.slot = slot;
        }

        @Override
        public void done(Record result) {
            Encoder out = new Encoder();
            out.putRecord(result);
            if (out.size() > RingDescriptor.SLOT_BYTES - RingDescriptor.SLOT_RESULT) {
                LOG.log(System.Logger.Level.ERROR, "an answer of {0} bytes does not fit its slot", out.size());
                failed(CudaResult.UNKNOWN);
                return;
            }
            long offset = RingDescriptor.slotOffset(slot);
            MemorySegment.copy(
                    out.array(),
                    0,
                    memory,
                    ValueLayout.JAVA_BYTE,
                    offset + RingDescriptor.SLOT_RESULT,
                    out.size());
            INT.set(memory, offset + RingDescriptor.SLOT_LENGTH, out.size());
            answer(CudaResult.SUCCESS);
        }

        @Override
        public void failed(int code) {
            answer(code);
        }

        private void answer(int code) {
            long offset = RingDescriptor.slotOffset(slot);
            INT.set(memory, offset + RingDescriptor.SLOT_ERROR, code);
            int before = (int) INT.getAndSet(
                    memory, offset + RingDescriptor.SLOT_STATE, RingDescriptor.SLOT_ANSWERED);
            if (before == RingDescriptor.SLOT_ASLEEP) {
                Futex.wakeAll(memory.address() + offset + RingDescriptor.SLOT_STATE);
            }
        }
    }

    /** The outcome of a call that nobody waits for: its context tells of a failure later. */
    private record Unawaited(Call call) implements LowerHalf.Reply {
        @Override
        public void done(Record result) {
            // Nobody asked.
        }

        @Override
        public void failed(int code) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0} failed with CUDA error {1}",
                    call.getClass().getSimpleName(),
                    code);
        }
    }
}
