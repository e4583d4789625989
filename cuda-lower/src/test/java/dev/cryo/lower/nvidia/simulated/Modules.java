package dev.cryo.lower.nvidia.simulated;

import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.lower.ptx.PtxModule;
import dev.cryo.lower.ptx.memory.MemoryMap;
import dev.cryo.streamlog.call.CudaResult;
import java.util.ArrayList;
import java.util.List;

/** The modules, with memory for their variables, and their kernels. */
final class Modules {
    private final Handles handles;
    private final Traffic traffic;
    private final DeviceMemory memory;
    private final MemoryMap accessible;

    Modules(Handles handles, Traffic traffic, DeviceMemory memory, MemoryMap accessible) {
        this.handles = handles;
        this.traffic = traffic;
        this.memory = memory;
        this.accessible = accessible;
    }

    long load(PtxModule text, Context context) throws DriverException {
        return traffic.change(() -> {
            List<Long> allocated = new ArrayList<>();
            try {
                long globals = allocate(text.globalsBytes(), context, allocated);
                long managed = allocate(text.managedBytes(), context, allocated);
                Module module = new Module(
                        handles.next(), context, text.load(accessible, globals, managed), allocated);
                handles.add(module.handle, module);
                return module.handle;
            } catch (DriverException e) {
                for (long address : allocated) {
                    memory.free(address);
                }
                throw e;
            }
        });
    }

    private long allocate(long bytes, Context context, List<Long> allocated) throws DriverException {
        if (bytes == 0) {
            return 0;
        }
        long address = memory.allocate(bytes, context);
        allocated.add(address);
        return address;
    }

    void unload(long handle) throws DriverException {
        Module module = module(handle);
        traffic.alterAtRest(() -> {
            for (long address : module.memory) {
                memory.free(address);
            }
            remove(module);
        });
    }

    /** Forgets the modules of a context; their variables are memory of the context. */
    void removeAll(Context context) {
        handles.all(Module.class).stream()
                .filter(module -> module.context == context)
                .forEach(this::remove);
    }

    private void remove(Module module) {
        handles.remove(module.handle);
        handles.all(Function.class).stream()
                .filter(function -> function.module == module)
                .forEach(function -> handles.remove(function.handle));
    }

    Module module(long handle) throws DriverException {
        return handles.get(handle, Module.class, CudaResult.INVALID_HANDLE);
    }

    long function(long module, String name) throws DriverException {
        Function function = module(module).function(handles.next(), name);
        handles.add(function.handle, function);
        return function.handle;
    }

    Function function(long handle) throws DriverException {
        return handles.get(handle, Function.class, CudaResult.INVALID_HANDLE);
    }
}
