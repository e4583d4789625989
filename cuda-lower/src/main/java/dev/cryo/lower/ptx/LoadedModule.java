package dev.cryo.lower.ptx;

import dev.cryo.lower.ptx.memory.MemoryMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A module whose variables have addresses. Safe for use by several threads; owns nothing. */
public final class LoadedModule {
    private final PtxModule module;
    private final MemoryMap map;
    private final Map<String, Long> addresses;
    private final Map<String, LoadedKernel> kernels = new ConcurrentHashMap<>();

    LoadedModule(PtxModule module, MemoryMap map, Map<String, Long> addresses) {
        this.module = module;
        this.map = map;
        this.addresses = addresses;
    }

    /** The module that was loaded. */
    public PtxModule module() {
        return module;
    }

    /** The kernel of this name, or null. */
    public @Nullable LoadedKernel kernel(String name) {
        return kernels.computeIfAbsent(name, n -> module.kernel(n, map, addresses));
    }

    /** The address of a variable, or null when there is none of this name. */
    public @Nullable Long globalAddress(String name) {
        return addresses.get(name);
    }
}
