package dev.cryo.upper.cuda;

/** Frees memory of the device and unified memory, which CUDA frees by one function. Thread-safe. */
public final class Frees {
    private final Contexts contexts;
    private final DeviceMemory memory;
    private final UnifiedMemory unified;

    Frees(Contexts contexts, DeviceMemory memory, UnifiedMemory unified) {
        this.contexts = contexts;
        this.memory = memory;
        this.unified = unified;
    }

    /**
     * Frees an allocation. With unified memory about, work of the context has ended afterwards, as after CUDA's own
     * free: the application may look at what it wrote.
     *
     * @param current the calling thread's context
     * @throws CudaError INVALID_VALUE if it is no allocation, or was freed
     */
    public void free(Context current, long address) throws CudaError {
        if (unified.isUsed()) {
            contexts.synchronize(current);
        }
        if (unified.find(address) != null) {
            unified.free(address);
        } else {
            memory.free(address);
        }
    }
}
