package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.arena.Arena;
import dev.cryo.upper.arena.Block;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Unified memory: device memory that the application reads and writes at the same address, by {@link Pages} of its own.
 * Sizes are in bytes. Thread-safe.
 *
 * <p>What an allocation or an end changes in both halves is one step to a checkpoint: {@link #hold} lets none begin.
 */
public final class UnifiedMemory {
    /** {@code CU_MEM_ATTACH_GLOBAL}. */
    public static final int GLOBAL = 1;
    /** {@code CU_MEM_ATTACH_HOST}. */
    public static final int HOST = 2;
    /** {@code CU_MEM_ATTACH_SINGLE}. */
    public static final int SINGLE = 4;
    /** {@code CU_DEVICE_CPU}: the host, where a device is meant. */
    public static final int CPU = -1;
    /** {@code CU_DEVICE_INVALID}: no device. */
    public static final int NOWHERE = -2;

    /** Where it can lie, from {@link #SPACE} on. */
    public static final long SPACE_BYTES = AddressLayout.MANAGED_WINDOW;

    /** Where it begins. */
    public static final long SPACE = AddressLayout.MANAGED;

    private static final long PAGE_BYTES = 4096;

    /** Between allocations, so that a pointer to the end of one is none to the next. */
    private static final long GAP_BYTES = 1;

    private final Calls calls;
    private final Devices devices;
    private final Pages pages;
    private final Sections sections = new Sections();
    private final Arena<Managed> arena = Arena.apart(SPACE, SPACE_BYTES);

    UnifiedMemory(Calls calls, Devices devices, Pages pages) {
        this.calls = calls;
        this.devices = devices;
        this.pages = pages;
    }

    /** The application's own view of unified memory. */
    public interface Pages {
        /** Host and device share their pages: the lower half is in this process. */
        Pages SHARED = new Pages() {
            @Override
            public void map(long address, long bytes) {
                // The lower half maps them.
            }

            @Override
            public void unmap(long address, long bytes) {
                // The lower half unmaps them.
            }

            @Override
            public void open() {
                // There is nothing to keep in step.
            }
        };

        /**
         * Maps whole pages.
         *
         * @throws IOException if something else lies there
         */
        void map(long address, long bytes) throws IOException;

        /** Unmaps them. */
        void unmap(long address, long bytes) throws IOException;

        /**
         * Makes the lower half know these pages, unless it does.
         *
         * @throws IOException if it cannot have them
         */
        void open() throws IOException;
    }

    /** What is known of an allocation beside its addresses. */
    public static final class Managed {
        private final Context context;
        private final long bytes;
        private final Set<Integer> accessedBy = ConcurrentHashMap.newKeySet();
        private volatile boolean readMostly;
        private volatile int preferred = NOWHERE;
        private volatile int lastPrefetch = NOWHERE;

        private Managed(Context context, long bytes) {
            this.context = context;
            this.bytes = bytes;
        }

        /** The size that was asked for. */
        public long bytes() {
            return bytes;
        }

        /** The context that it was allocated in. */
        public Context context() {
            return context;
        }

        /** Whether it is seldom written. */
        public boolean isReadMostly() {
            return readMostly;
        }

        /** The device where it should be, {@link #CPU} or {@link #NOWHERE}. */
        public int preferred() {
            return preferred;
        }

        /** The device where it was brought last, {@link #CPU} or {@link #NOWHERE}. */
        public int lastPrefetch() {
            return lastPrefetch;
        }

        /** The devices that will access it. */
        public Set<Integer> accessedBy() {
            return Set.copyOf(accessedBy);
        }

        private void adopt(Call.ManagedAdvise advice) {
            switch (Advice.ofKind(advice.kind())) {
                case READ_MOSTLY -> readMostly = advice.value() != 0;
                case PREFERRED_LOCATION -> preferred = advice.value();
                case ACCESSED_BY -> {
                    if (advice.value() != 0) {
                        accessedBy.add(advice.by());
                    } else {
                        accessedBy.remove(advice.by());
                    }
                }
            }
        }
    }

    /** Kinds of advice. */
    public enum Advice {
        /** Seldom written. */
        READ_MOSTLY(1),
        /** Where it should be. */
        PREFERRED_LOCATION(3),
        /** Who will access it. */
        ACCESSED_BY(5);

        /** {@code CUmem_advise} that sets it; the next value unsets it. */
        private final int kind;

        Advice(int kind) {
            this.kind = kind;
        }

        private static Advice ofKind(int kind) {
            for (Advice advice : values()) {
                if (advice.kind == kind) {
                    return advice;
                }
            }
            throw new IllegalArgumentException("no kind of advice: " + kind);
        }
    }

    /** Allocates memory and returns its address; the contents are undefined. */
    public long allocate(Context context, long bytes, int flags) throws CudaError {
        if (bytes <= 0 || flags != GLOBAL && flags != HOST) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        if (bytes > devices.info(context.device()).totalBytes()) {
            throw new CudaError(CudaResult.OUT_OF_MEMORY);
        }
        sections.enter();
        try {
            return allocateNow(context, bytes, flags);
        } finally {
            sections.leave();
        }
    }

    private long allocateNow(Context context, long bytes, int flags) throws CudaError {
        for (int attempt = 0; ; attempt++) {
            Block<Managed> block = arena.allocate(bytes + GAP_BYTES, new Managed(context, bytes));
            if (block == null) {
                throw new CudaError(CudaResult.OUT_OF_MEMORY);
            }
            try {
                allocateAt(block, flags);
                return block.address();
            } catch (CudaError e) {
                if (e.code() != CudaResult.OPERATING_SYSTEM || attempt == AddressLayout.ATTEMPTS) {
                    arena.free(block);
                    throw e;
                }
                // Something else of either process lies there: look further away each time.
                arena.exclude(block, 1 << attempt);
            }
        }
    }

    private void allocateAt(Block<Managed> block, int flags) throws CudaError {
        Context context = block.owner().context();
        map(block);
        try {
            pages.open();
            calls.call(context, new Call.ManagedAlloc(block.address(), context.id(), block.owner().bytes(), flags));
        } catch (CudaError e) {
            unmap(block);
            throw e;
        } catch (IOException e) {
            unmap(block);
            Notices.sayOnce("unified memory is not to be had: " + e.getMessage());
            throw new CudaError(CudaResult.NOT_SUPPORTED);
        }
    }

    private void map(Block<Managed> block) throws CudaError {
        try {
            pages.map(block.address(), mapped(block));
        } catch (IOException e) {
            Notices.sayOnce("unified memory cannot be mapped: " + e.getMessage());
            throw new CudaError(CudaResult.OPERATING_SYSTEM);
        }
    }

    private void unmap(Block<Managed> block) throws CudaError {
        try {
            pages.unmap(block.address(), mapped(block));
        } catch (IOException e) {
            Notices.say("unified memory of " + block + " cannot be unmapped: " + e.getMessage());
            throw new CudaError(CudaResult.UNKNOWN);
        }
    }

    private static long mapped(Block<Managed> block) {
        return (block.owner().bytes() + PAGE_BYTES - 1) & -PAGE_BYTES;
    }

    /**
     * Frees memory, after all work that came before.
     *
     * @throws CudaError INVALID_VALUE if it is no allocation, or was freed
     */
    public void free(long address) throws CudaError {
        Block<Managed> block = arena.find(address);
        if (block == null || block.address() != address) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        block.owner().context().check();
        end(block);
    }

    private void end(Block<Managed> block) throws CudaError {
        sections.enter();
        try {
            if (arena.find(block.address()) != block) {
                throw new CudaError(CudaResult.INVALID_VALUE);
            }
            unmap(block);
            calls.queue(new Call.ManagedFree(block.address()));
            arena.free(block);
        } finally {
            sections.leave();
        }
    }

    /** Frees all memory of a context that is about to end. */
    void ending(Context context) {
        arena.live().filter(block -> block.owner().context() == context).forEach(block -> {
            try {
                end(block);
            } catch (CudaError e) {
                Notices.say("unified memory of a destroyed context is not freed: " + block + ", CUDA error "
                        + e.code());
            }
        });
    }

    /** The live unified memory that an address lies in, or null. */
    public @Nullable Block<Managed> find(long address) {
        Block<Managed> block = arena.find(address);
        return block != null && address < end(block.owner(), block.address()) ? block : null;
    }

    private static long end(Managed managed, long address) {
        return address + managed.bytes();
    }

    /**
     * The live unified memory that a range lies in.
     *
     * @throws CudaError INVALID_VALUE if it does not lie in one
     */
    public Block<Managed> check(long address, long bytes) throws CudaError {
        Block<Managed> block = find(address);
        if (block == null || bytes < 0 || bytes > end(block.owner(), block.address()) - address) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        return block;
    }

    /**
     * Takes advice on a range. Advice on a part of an allocation is checked and has no further effect.
     *
     * @param advice {@code CUmem_advise}
     * @param device that it is about, or {@link #CPU}
     */
    public void advise(long address, long bytes, int advice, int device) throws CudaError {
        Block<Managed> block = check(address, bytes);
        if (bytes == 0 || advice < 1 || advice > 6) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        boolean set = advice % 2 == 1;
        Advice kind = Advice.ofKind(set ? advice : advice - 1);
        if (kind != Advice.READ_MOSTLY && (set || kind != Advice.PREFERRED_LOCATION)) {
            checkPlace(device);
        }
        if (address != block.address() || bytes < block.owner().bytes()) {
            return;
        }
        Call.ManagedAdvise call =
                switch (kind) {
                    case READ_MOSTLY -> new Call.ManagedAdvise(address, kind.kind, 0, set ? 1 : 0);
                    case PREFERRED_LOCATION -> new Call.ManagedAdvise(address, kind.kind, 0, set ? device : NOWHERE);
                    case ACCESSED_BY -> new Call.ManagedAdvise(address, kind.kind, device, set ? 1 : 0);
                };
        block.owner().adopt(call);
        calls.queue(call);
    }

    /** Brings a range to a device, or to the host for {@link #CPU}. */
    public void prefetch(Stream stream, long address, long bytes, int device) throws CudaError {
        Block<Managed> block = check(address, bytes);
        if (bytes == 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        checkPlace(device);
        block.owner().lastPrefetch = device;
        calls.queue(new Call.ManagedPrefetch(stream.id(), address, bytes, device));
    }

    private void checkPlace(int device) throws CudaError {
        if (device != CPU) {
            devices.info(device);
        }
    }

    /**
     * Says which work may touch an allocation without naming it.
     *
     * @param stream an own one, not a default stream, for {@link #SINGLE}
     * @param bytes 0 or the size of the allocation
     */
    public void attach(Stream stream, long address, long bytes, int flags) throws CudaError {
        Block<Managed> block = check(address, 0);
        boolean known = flags == GLOBAL || flags == HOST || flags == SINGLE;
        boolean whole = address == block.address() && (bytes == 0 || bytes == block.owner().bytes());
        if (!known || !whole || flags == SINGLE && stream == stream.context().legacy()) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        calls.queue(new Call.ManagedAttach(address, stream.id(), flags));
    }

    // Checkpoints

    /** Lets no allocation and no end begin; those that have begun go on. */
    public void hold() {
        sections.hold();
    }

    /**
     * Waits, after {@link #hold}, until none is under way.
     *
     * @return whether that came true in time
     */
    public boolean awaitHeld(long nanos) throws InterruptedException {
        return sections.awaitHeld(nanos);
    }

    /** Lets allocations go on. */
    public void letGo() {
        sections.letGo();
    }

    /** Takes over an allocation of an earlier process; {@link #adopted} must follow all of them. */
    void adopt(Call.ManagedAlloc call, Context context) throws CudaError {
        map(arena.allocateAt(call.address(), call.bytes() + GAP_BYTES, new Managed(context, call.bytes())));
    }

    void adopt(Call.ManagedAdvise call) {
        Block<Managed> block = arena.find(call.address());
        if (block != null) {
            block.owner().adopt(call);
        }
    }

    /** Makes the lower half know what was taken over. */
    void adopted() throws CudaError {
        if (arena.usedBytes() > 0) {
            try {
                pages.open();
            } catch (IOException e) {
                Notices.say("unified memory cannot be taken over: " + e.getMessage());
                throw new CudaError(CudaResult.OPERATING_SYSTEM);
            }
        }
    }
}
