package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.arena.Arena;
import dev.cryo.upper.arena.Block;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Page-locked host memory: shared memory that the lower half maps at the same address, so that a kernel's address of it
 * is the host's. Sizes are in bytes. Thread-safe.
 */
public final class HostMemory {
    /** {@code CU_MEMHOSTALLOC_DEVICEMAP}. */
    public static final int DEVICEMAP = 2;

    private static final int FLAGS = 7;

    private final Calls calls;
    private final Mapper mapper;
    /** Memory of an earlier process that is mapped and not taken over yet. */
    private final Map<Long, Mapping> mapped = new HashMap<>();

    private final Arena<Locked> arena = Arena.apart(AddressLayout.HOST, AddressLayout.HOST_WINDOW);

    HostMemory(Calls calls, Mapper mapper) {
        this.calls = calls;
        this.mapper = mapper;
    }

    /** Makes shared memory in this process. */
    @FunctionalInterface
    public interface Mapper {
        /** Maps fresh zeroed memory of the given size at an address. */
        Mapping map(long address, long bytes) throws IOException;
    }

    /** Shared memory that is mapped in this process; closing it unmaps it. */
    public interface Mapping extends AutoCloseable {
        /** The memory's file descriptor in this process. */
        int descriptor();

        @Override
        void close() throws IOException;
    }

    /** Page-locked memory. */
    public static final class Locked {
        private final Context context;
        private final int flags;
        private @Nullable Mapping mapping;

        private Locked(Context context, int flags) {
            this.context = context;
            this.flags = flags;
        }

        /** The context that it was allocated in. */
        public Context context() {
            return context;
        }

        /** {@code CU_MEMHOSTALLOC_*}. */
        public int flags() {
            return flags;
        }
    }

    /** Allocates zeroed memory and returns its address. */
    public long allocate(Context context, long bytes, int flags) throws CudaError {
        if (bytes <= 0 || (flags & ~FLAGS) != 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        for (int attempt = 0; ; attempt++) {
            Block<Locked> block = arena.allocate(bytes, new Locked(context, flags));
            if (block == null) {
                throw new CudaError(CudaResult.OUT_OF_MEMORY);
            }
            try {
                Mapping mapping = map(block.address(), bytes);
                block.owner().mapping = mapping;
                calls.call(
                        context,
                        new Call.HostAlloc(block.address(), context.id(), bytes, flags, mapping.descriptor()));
                return block.address();
            } catch (CudaError e) {
                boolean taken = e.code() == CudaResult.OPERATING_SYSTEM && attempt < AddressLayout.ATTEMPTS;
                if (taken) {
                    // Something else of either process lies there: look further away each time.
                    arena.exclude(block, 1 << attempt);
                }
                unmap(block);
                if (!taken) {
                    throw e;
                }
            }
        }
    }

    private Mapping map(long address, long bytes) throws CudaError {
        try {
            return mapper.map(address, bytes);
        } catch (IOException e) {
            Notices.sayOnce("page-locked memory cannot be mapped: " + e.getMessage());
            throw new CudaError(CudaResult.OPERATING_SYSTEM);
        }
    }

    /**
     * Frees memory, after all work that came before.
     *
     * @throws CudaError INVALID_VALUE if it is no allocation, or was freed
     */
    public void free(long address) throws CudaError {
        Block<Locked> block = arena.find(address);
        if (block == null || block.address() != address) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        Context context = block.owner().context();
        context.check();
        synchronized (block) {
            if (arena.find(address) != block) {
                throw new CudaError(CudaResult.INVALID_VALUE);
            }
            calls.call(context, new Call.HostFree(address));
            unmap(block);
        }
    }

    private void unmap(Block<Locked> block) throws CudaError {
        Mapping mapping = block.owner().mapping;
        try {
            if (mapping != null) {
                mapping.close();
            }
        } catch (IOException e) {
            Notices.say("page-locked memory of " + block + " cannot be unmapped: " + e.getMessage());
            throw new CudaError(CudaResult.OPERATING_SYSTEM);
        } finally {
            arena.free(block);
        }
    }

    /** The live page-locked memory that an address lies in, or null. */
    public @Nullable Block<Locked> find(long address) {
        return arena.find(address);
    }

    /**
     * Passes if a range is live page-locked memory.
     *
     * @throws CudaError INVALID_VALUE if it is not
     */
    void check(long address, long bytes) throws CudaError {
        Block<Locked> block = arena.find(address);
        if (block == null || bytes < 0 || bytes > block.end() - address) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
    }

    /** Maps fresh memory in the place of all that a log of an earlier process has. */
    public synchronized void mapAll(List<Call> log) throws CudaError {
        for (Call call : log) {
            if (call instanceof Call.HostAlloc it && !mapped.containsKey(it.address())) {
                mapped.put(it.address(), map(it.address(), it.bytes()));
            }
        }
    }

    /**
     * Takes over memory of an earlier process.
     *
     * @return the descriptor of the fresh memory in its place
     */
    synchronized int adopt(Call.HostAlloc call, Context context) throws CudaError {
        mapAll(List.of(call));
        Locked locked = new Locked(context, call.flags());
        Mapping mapping = Objects.requireNonNull(mapped.remove(call.address()));
        locked.mapping = mapping;
        arena.allocateAt(call.address(), call.bytes(), locked);
        return mapping.descriptor();
    }

    /** Unmaps all memory of a context that has ended. */
    void ended(Context context) {
        arena.live().filter(block -> block.owner().context() == context).forEach(block -> {
            try {
                unmap(block);
            } catch (CudaError e) {
                Notices.say("page-locked memory of a destroyed context stays mapped: " + block);
            }
        });
    }
}
