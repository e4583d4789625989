package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.arena.Block;

/** What the application says about the use of its unified memory: advice, prefetches, attachments. Thread-safe. */
public final class UnifiedHints {
    private final Calls calls;
    private final Devices devices;
    private final UnifiedMemory memory;

    UnifiedHints(Calls calls, Devices devices, UnifiedMemory memory) {
        this.calls = calls;
        this.devices = devices;
        this.memory = memory;
    }

    /**
     * Takes advice on a range. Advice on a part of an allocation is checked and has no further effect.
     *
     * @param advice {@code CUmem_advise}
     * @param device that it is about, or {@link Managed#CPU}
     */
    public void advise(long address, long bytes, int advice, int device) throws CudaError {
        Block<Managed> block = memory.check(address, bytes);
        if (bytes == 0 || advice < 1 || advice > 6) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        boolean set = advice % 2 == 1;
        ManagedAdvice kind = ManagedAdvice.ofKind(set ? advice : advice - 1);
        if (kind != ManagedAdvice.READ_MOSTLY && (set || kind != ManagedAdvice.PREFERRED_LOCATION)) {
            checkPlace(device);
        }
        if (address != block.address() || bytes < block.owner().bytes()) {
            return;
        }
        Call.ManagedAdvise call =
                switch (kind) {
                    case READ_MOSTLY -> new Call.ManagedAdvise(address, kind.kind(), 0, set ? 1 : 0);
                    case PREFERRED_LOCATION ->
                        new Call.ManagedAdvise(address, kind.kind(), 0, set ? device : Managed.NOWHERE);
                    case ACCESSED_BY -> new Call.ManagedAdvise(address, kind.kind(), device, set ? 1 : 0);
                };
        block.owner().adopt(call);
        calls.queue(call);
    }

    /** Brings a range to a device, or to the host for {@link Managed#CPU}. */
    public void prefetch(Stream stream, long address, long bytes, int device) throws CudaError {
        Block<Managed> block = memory.check(address, bytes);
        if (bytes == 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        checkPlace(device);
        block.owner().prefetchedTo(device);
        calls.queue(new Call.ManagedPrefetch(stream.id(), address, bytes, device));
    }

    private void checkPlace(int device) throws CudaError {
        if (device != Managed.CPU) {
            devices.info(device);
        }
    }

    /**
     * Says which work may touch an allocation without naming it.
     *
     * @param stream an own one, not a default stream, for {@link UnifiedMemory#SINGLE}
     * @param bytes 0 or the size of the allocation
     */
    public void attach(Stream stream, long address, long bytes, int flags) throws CudaError {
        Block<Managed> block = memory.check(address, 0);
        boolean known = flags == UnifiedMemory.GLOBAL || flags == UnifiedMemory.HOST || flags == UnifiedMemory.SINGLE;
        boolean whole = address == block.address() && (bytes == 0 || bytes == block.owner().bytes());
        if (!known || !whole || flags == UnifiedMemory.SINGLE && stream == stream.context().legacy()) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        calls.queue(new Call.ManagedAttach(address, stream.id(), flags));
    }
}
