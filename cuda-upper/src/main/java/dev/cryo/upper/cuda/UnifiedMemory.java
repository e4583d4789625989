package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.arena.Arena;
import dev.cryo.upper.arena.Block;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Unified memory: device memory that the application reads and writes at the same address, by {@link UnifiedPages} of
 * its own. Sizes are in bytes. Thread-safe.
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

    /** Where it can lie, from {@link #SPACE} on. */
    public static final long SPACE_BYTES = AddressLayout.MANAGED_WINDOW;

    /** Where it begins. */
    public static final long SPACE = AddressLayout.MANAGED;

    private static final long PAGE_BYTES = 4096;

    /**
     * Between the pages of allocations, so that a pointer to the end of one is none to the next, and a pointer to a
     * little before one, as arrays that are counted from 1 have it, is none to the one before.
     */
    private static final long GAP_BYTES = 2 * PAGE_BYTES;

    private final Calls calls;
    private final Devices devices;
    private final UnifiedPages pages;
    private final Sections sections = new Sections();
    private final Arena<Managed> arena = Arena.apart(SPACE, SPACE_BYTES);

    UnifiedMemory(Calls calls, Devices devices, UnifiedPages pages) {
        this.calls = calls;
        this.devices = devices;
        this.pages = pages;
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
        if (block == null || block.address() != address || block.owner().isOfModule()) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        block.owner().context().check();
        end(block);
    }

    /** Whether there is any. */
    public boolean isUsed() {
        return arena.usedBytes() > 0;
    }

    /** Allocates memory for the managed variables of a module, which frees it. */
    long allocateForModule(Context context, long bytes) throws CudaError {
        long address = allocate(context, bytes, GLOBAL);
        giveToModule(address);
        return address;
    }

    /** Makes an allocation one of a module. */
    void giveToModule(long address) throws CudaError {
        check(address, 0).owner().giveToModule();
    }

    /** Frees the memory of a module that is unloaded, after all work that came before. */
    void freeOfModule(long address) throws CudaError {
        end(check(address, 0));
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
