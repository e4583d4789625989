package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.Call.FunctionGet;
import dev.cryo.streamlog.call.CudaResult;
import java.nio.charset.StandardCharsets;

/** Modules, their functions and globals. Thread-safe. */
public final class Modules {
    private static final int FAT_BINARY_MAGIC = 0xba55ed50;
    private static final int FAT_BINARY_WRAPPER_MAGIC = 0x466243b1;
    private static final int ELF_MAGIC = 0x464c457f;
    private static final int MAX_DYNAMIC_SHARED = 8;
    private static final int CARVEOUT = 9;

    private final Calls calls;
    private final HandleTable handles;
    private final Devices devices;
    private final ModuleGlobals globals;
    private final UnifiedMemory unifiedMemory;

    Modules(
            Calls calls, HandleTable handles, Devices devices, ModuleGlobals globals, UnifiedMemory unifiedMemory) {
        this.calls = calls;
        this.handles = handles;
        this.devices = devices;
        this.globals = globals;
        this.unifiedMemory = unifiedMemory;
    }

    /** A loaded module and what its compiler said. */
    public record Loaded(CudaModule module, String log) {}

    /** The kind of a module's image. */
    public enum Image {
        /** Text. */
        PTX,
        /** Machine code for one kind of device. */
        CUBIN,
        /** A container of both. */
        FAT_BINARY
    }

    /** What an image is, by its first bytes. */
    public static Image kind(byte[] image) {
        int magic = 0;
        for (int i = 0; i < Math.min(4, image.length); i++) {
            magic |= (image[i] & 0xff) << (8 * i);
        }
        return switch (magic) {
            case FAT_BINARY_MAGIC, FAT_BINARY_WRAPPER_MAGIC -> Image.FAT_BINARY;
            case ELF_MAGIC -> Image.CUBIN;
            default -> Image.PTX;
        };
    }

    /**
     * Loads a module from PTX.
     *
     * @param image text without the zero byte at its end
     */
    public Loaded load(Context context, byte[] image) throws CudaError {
        long managedBytes = mentionsManaged(image)
                ? calls.call(context, new Call.ModuleMeasure(context.id(), image)).managedBytes()
                : 0;
        if (managedBytes == 0) {
            return load(context, image, 0);
        }
        long managedAt = unifiedMemory.allocateForModule(context, managedBytes);
        try {
            return load(context, image, managedAt);
        } catch (CudaError e) {
            unifiedMemory.freeOfModule(managedAt);
            throw e;
        }
    }

    private Loaded load(Context context, byte[] image, long managedAt) throws CudaError {
        long id = handles.reserve();
        Call.ModuleLoad call = new Call.ModuleLoad(id, context.id(), image, AddressLayout.GLOBALS, 0);
        Call.ModuleLoad.Result result;
        try {
            result = calls.call(
                    context,
                    managedAt == 0
                            ? call
                            : new Call.ModuleLoadManaged(
                                    id, context.id(), image, call.globalsAt(), call.globalsBytes(), managedAt));
        } catch (CudaError e) {
            handles.giveBack(id);
            throw e;
        }
        CudaModule module = new CudaModule(id, context, result.globalsAt(), result.globalsBytes(), managedAt);
        register(module);
        return new Loaded(module, result.log());
    }

    /** Whether a text may have managed variables; the lower half, which reads it, knows. */
    private static boolean mentionsManaged(byte[] image) {
        return new String(image, StandardCharsets.ISO_8859_1).contains(".managed");
    }

    /** Makes a module known, of this process or of an earlier one. */
    void register(CudaModule module) {
        if (module.globalsBytes() > 0) {
            globals.add(module.globalsAt(), module.globalsBytes(), module.context());
        }
        module.context().owned().add(module);
        handles.put(module);
    }

    /** The module of a handle. */
    public CudaModule of(long handle) throws CudaError {
        if (handles.get(handle) instanceof CudaModule module) {
            module.context().check();
            return module;
        }
        throw new CudaError(CudaResult.INVALID_HANDLE);
    }

    /** Unloads a module. */
    public void unload(CudaModule module) throws CudaError {
        if (!handles.remove(module)) {
            throw new CudaError(CudaResult.INVALID_HANDLE);
        }
        for (Function function : module.functions().values()) {
            handles.remove(function);
            module.context().owned().remove(function);
        }
        module.context().owned().remove(module);
        globals.remove(module.globalsAt());
        module.strays().forEach(globals::remove);
        calls.queue(new Call.ModuleUnload(module.id()));
        if (module.managedAt() != 0) {
            unifiedMemory.freeOfModule(module.managedAt());
        }
    }

    /** The kernel of a name; asked for again, it is the same. */
    public Function function(CudaModule module, String name) throws CudaError {
        Function known = module.functions().get(name);
        if (known != null) {
            return known;
        }
        synchronized (module) {
            known = module.functions().get(name);
            return known != null ? known : find(module, name);
        }
    }

    private Function find(CudaModule module, String name) throws CudaError {
        long id = handles.reserve();
        try {
            Function function = find(module, new FunctionGet(id, module.id(), name));
            handles.put(function);
            return function;
        } catch (CudaError e) {
            handles.giveBack(id);
            throw e;
        }
    }

    /** Makes a kernel known to its module; its handle is the caller's business. */
    Function find(CudaModule module, FunctionGet call) throws CudaError {
        FunctionGet.Result facts = calls.call(module.context(), call);
        int limit = devices.attribute(module.context().device(), DeviceAttribute.MAX_SHARED_MEMORY_PER_BLOCK);
        Function function = new Function(call.function(), module, facts, Math.max(0, limit - facts.sharedBytes()));
        module.functions().put(call.name(), function);
        module.context().owned().add(function);
        return function;
    }

    /** The function of a handle. */
    public Function functionOf(long handle) throws CudaError {
        if (handles.get(handle) instanceof Function function) {
            function.context().check();
            return function;
        }
        throw new CudaError(CudaResult.INVALID_HANDLE);
    }

    /** A global variable: its address and size. */
    public Call.GlobalGet.Result global(CudaModule module, String name) throws CudaError {
        Call.GlobalGet.Result global = calls.call(module.context(), new Call.GlobalGet(module.id(), name));
        if (globals.find(global.address()) == null && unifiedMemory.find(global.address()) == null) {
            module.strays().add(global.address());
            globals.add(global.address(), global.bytes(), module.context());
        }
        return global;
    }

    /** An attribute of a kernel, {@code CUfunction_attribute}. */
    public int attribute(Function function, int attribute) throws CudaError {
        FunctionGet.Result facts = function.facts();
        return switch (attribute) {
            case 0 -> facts.maxThreadsPerBlock();
            case 1 -> facts.sharedBytes();
            case 2 -> facts.constBytes();
            case 3 -> facts.localBytes();
            case 4 -> facts.registers();
            case 5 -> facts.ptxVersion();
            case 6 -> facts.binaryVersion();
            case MAX_DYNAMIC_SHARED -> function.maxDynamicShared();
            case CARVEOUT -> function.carveout();
            case 7, 10, 11, 12, 13, 14, 15 -> 0;
            default -> throw new CudaError(CudaResult.INVALID_VALUE);
        };
    }

    /** Sets an attribute of a kernel: the limit of its dynamic shared memory, or how much of the cache is shared. */
    public void setAttribute(Function function, int attribute, int value) throws CudaError {
        switch (attribute) {
            case MAX_DYNAMIC_SHARED -> {
                int device = function.context().device();
                int limit = devices.attribute(device, DeviceAttribute.MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
                if (value < 0 || value + function.facts().sharedBytes() > limit) {
                    throw new CudaError(CudaResult.INVALID_VALUE);
                }
                function.setMaxDynamicShared(value);
            }
            case CARVEOUT -> {
                if (value < -1 || value > 100) {
                    throw new CudaError(CudaResult.INVALID_VALUE);
                }
                function.setCarveout(value);
            }
            default -> throw new CudaError(CudaResult.INVALID_VALUE);
        }
        calls.queue(new Call.FuncSetAttribute(function.id(), attribute, value));
    }
}
