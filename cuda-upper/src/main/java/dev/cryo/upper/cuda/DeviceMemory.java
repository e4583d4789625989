package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.arena.Arena;
import dev.cryo.upper.arena.Block;
import org.jspecify.annotations.Nullable;

/** Device memory: an arena for each device. Sizes are in bytes. Thread-safe. */
public final class DeviceMemory {
    private static final long PITCH_ALIGNMENT = 512;

    private final Calls calls;
    private final Devices devices;
    private final ModuleGlobals globals;

    @SuppressWarnings({"unchecked", "rawtypes"})
    private final @Nullable Arena<Context>[] arenas = new Arena[AddressLayout.MAX_DEVICES];

    DeviceMemory(Calls calls, Devices devices, ModuleGlobals globals) {
        this.calls = calls;
        this.devices = devices;
        this.globals = globals;
    }

    /** A range of live device memory: an allocation, or the globals of a module. */
    public record Range(long address, long bytes, Context context) {}

    /** Allocates memory; its contents are undefined. */
    public long allocate(Context context, long bytes) throws CudaError {
        if (bytes <= 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        Arena<Context> arena = arena(context.device());
        for (int attempt = 0; ; attempt++) {
            Block<Context> block = arena.allocate(bytes, context);
            if (block == null) {
                throw new CudaError(CudaResult.OUT_OF_MEMORY);
            }
            try {
                calls.call(context, new Call.MemMap(block.address(), context.id(), bytes));
                return block.address();
            } catch (CudaError e) {
                if (e.code() != CudaResult.OPERATING_SYSTEM || attempt == AddressLayout.ATTEMPTS) {
                    arena.free(block);
                    throw e;
                }
                // Something else of the lower half's process lies there: look further away each time.
                arena.exclude(block, 1 << attempt);
            }
        }
    }

    /** Rows of memory, and how far apart they begin. */
    public record Pitched(long address, long pitch) {}

    /** Allocates rows that begin where copies are fast. */
    public Pitched allocate(Context context, long width, long height) throws CudaError {
        if (width <= 0 || height <= 0 || width > Long.MAX_VALUE - PITCH_ALIGNMENT) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        long pitch = (width + PITCH_ALIGNMENT - 1) / PITCH_ALIGNMENT * PITCH_ALIGNMENT;
        if (Math.multiplyHigh(pitch, height) != 0) {
            throw new CudaError(CudaResult.OUT_OF_MEMORY);
        }
        long bytes = pitch * height;
        return new Pitched(allocate(context, bytes < 0 ? Long.MAX_VALUE : bytes), pitch);
    }

    /**
     * Frees memory.
     *
     * @throws CudaError INVALID_VALUE if it is no allocation, or was freed
     */
    public void free(long address) throws CudaError {
        Arena<Context> arena = arenaAt(address);
        Block<Context> block = arena == null ? null : arena.find(address);
        if (arena == null || block == null || block.address() != address) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        block.owner().check();
        // Taken out of use only when the lower half has been told: another thread may get the address at once.
        synchronized (block) {
            if (arena.find(address) != block) {
                throw new CudaError(CudaResult.INVALID_VALUE);
            }
            calls.queue(new Call.MemUnmap(address));
            arena.free(block);
        }
    }

    /** The live memory that an address lies in, or null. */
    public @Nullable Range find(long address) {
        Block<Context> block = block(address);
        if (block != null) {
            return new Range(block.address(), block.bytes(), block.owner());
        }
        ModuleGlobals.Range range = globals.find(address);
        return range == null ? null : new Range(range.address(), range.bytes(), range.context());
    }

    /** Whether an address lies in live device memory. */
    boolean contains(long address) {
        return block(address) != null || globals.find(address) != null;
    }

    /**
     * Passes if a range is live device memory.
     *
     * @throws CudaError INVALID_VALUE if it is not
     */
    void check(long address, long bytes) throws CudaError {
        Block<Context> block = block(address);
        long end = block != null ? block.end() : endOfGlobals(address);
        if (bytes < 0 || bytes > end - address) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
    }

    private long endOfGlobals(long address) throws CudaError {
        ModuleGlobals.Range range = globals.find(address);
        if (range == null) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        return range.address() + range.bytes();
    }

    private @Nullable Block<Context> block(long address) {
        Arena<Context> arena = arenaAt(address);
        return arena == null ? null : arena.find(address);
    }

    private @Nullable Arena<Context> arenaAt(long address) {
        long index = (address - AddressLayout.DEVICES) / AddressLayout.DEVICE_WINDOW;
        return address < AddressLayout.DEVICES || index >= AddressLayout.MAX_DEVICES ? null : arenas[(int) index];
    }

    private Arena<Context> arena(int device) throws CudaError {
        Arena<Context> known = arenas[device];
        if (known != null) {
            return known;
        }
        long total = devices.info(device).totalBytes();
        synchronized (this) {
            Arena<Context> arena = arenas[device];
            if (arena == null) {
                arena = Arena.sharing(AddressLayout.device(device), AddressLayout.DEVICE_WINDOW, total);
                arenas[device] = arena;
            }
            return arena;
        }
    }

    /** Takes over an allocation of an earlier process. */
    void adopt(long address, long bytes, Context context) throws CudaError {
        arena(context.device()).allocateAt(address, bytes, context);
    }

    /** Gives up all memory of a context that has ended. */
    void ended(Context context) {
        Arena<Context> arena = arenas[context.device()];
        if (arena != null) {
            arena.freeAll(context);
        }
        globals.removeAll(context);
    }
}
