package dev.cryo.lower.ptx.device;

import dev.cryo.lower.device.PtxImage;
import dev.cryo.lower.device.RefusedException;
import dev.cryo.lower.device.Slabs;
import dev.cryo.lower.ptx.Dim3;
import dev.cryo.lower.ptx.GlobalInfo;
import dev.cryo.lower.ptx.KernelFault;
import dev.cryo.lower.ptx.LaunchContext;
import dev.cryo.lower.ptx.LoadedKernel;
import dev.cryo.lower.ptx.PointerUse;
import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.PtxModule;
import dev.cryo.lower.ptx.memory.MemoryMap;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.linux.VirtualMemory;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Executes the calls about modules and kernels. It belongs to the thread that executes calls; modules are loaded, and
 * kernels made ready, by others, so that a large one does not hold up other streams' calls.
 *
 * <p>Text that is no PTX is refused with INVALID_PTX; PTX that needs what this device does not have, with
 * NO_BINARY_FOR_GPU, as a driver answers for code of another GPU. The log of {@code dev.cryo.device} names the line.
 */
final class ModuleCalls {
    private static final System.Logger LOG = System.getLogger("dev.cryo.device");

    private final DeviceObjects objects;
    private final Timeline timeline;
    private final DeviceMemory memory;
    private final MemoryMap accessible;
    private final MemoryCalls memoryCalls;
    private final Workers workers;
    private final Map<Long, Module> modules = new ConcurrentHashMap<>();
    private final Map<Long, Kernel> kernels = new ConcurrentHashMap<>();

    ModuleCalls(
            DeviceObjects objects,
            Timeline timeline,
            DeviceMemory memory,
            MemoryMap accessible,
            MemoryCalls memoryCalls,
            Workers workers) {
        this.objects = objects;
        this.timeline = timeline;
        this.memory = memory;
        this.accessible = accessible;
        this.memoryCalls = memoryCalls;
        this.workers = workers;
    }

    /** Tells what the managed variables of a module need. */
    void measure(Call.ModuleMeasure call, LowerHalf.Reply reply) throws RefusedException {
        DeviceContext context = objects.context(call.context());
        context.requireHealthy();
        timeline.start(new Action(Work.Weight.HEAVY, context, "measuring of a module", () -> {
            try {
                PtxImage.requireText(call.image());
                reply.done(new Call.ModuleMeasure.Result(PtxModule.managedBytes(call.image())));
            } catch (RefusedException e) {
                refuse("a module is not measured", e, reply);
            } catch (PtxException e) {
                refuse("a module is not measured", refused(e), reply);
            } catch (RuntimeException | Error e) {
                reply.failed(CudaResult.UNKNOWN);
                throw e;
            }
        }));
    }

    /** Loads a module; its managed variables lie at an address, unless that is 0. */
    void load(Call.ModuleLoad call, long managedAt, LowerHalf.Reply reply) throws RefusedException {
        DeviceContext context = objects.context(call.context());
        context.requireHealthy();
        DeviceObjects.requireFree(!modules.containsKey(call.module()), "module", call.module());
        String words = "loading of module 0x" + Long.toHexString(call.module());
        timeline.start(new Action(Work.Weight.HEAVY, context, words, () -> {
            try {
                Module module = load(call, managedAt, context);
                modules.put(module.id(), module);
                reply.done(new Call.ModuleLoad.Result(module.globalsAt(), module.globalsBytes(), ""));
            } catch (RefusedException e) {
                refuse("module 0x" + Long.toHexString(call.module()) + " is not loaded", e, reply);
            } catch (RuntimeException | Error e) {
                reply.failed(CudaResult.UNKNOWN);
                throw e;
            }
        }));
    }

    private static void refuse(String what, RefusedException why, LowerHalf.Reply reply) {
        LOG.log(System.Logger.Level.WARNING, "{0}, CUDA error {1}: {2}",
                what, Integer.toString(why.code()), String.valueOf(why.getMessage()));
        reply.failed(why.code());
    }

    private Module load(Call.ModuleLoad call, long managedAt, DeviceContext context) throws RefusedException {
        if (call.globalsAt() % Slabs.BYTES != 0) {
            throw new RefusedException(
                    CudaResult.INVALID_VALUE, "variables cannot lie at 0x" + Long.toHexString(call.globalsAt()));
        }
        PtxModule text = parse(call.image());
        if (text.managedBytes() > 0 && (managedAt == 0 || !memory.isCovered(managedAt, text.managedBytes()))) {
            throw new RefusedException(CudaResult.INVALID_VALUE,
                    "managed variables need " + DeviceMemory.range(managedAt, text.managedBytes()));
        }
        memory.require(managedAt, text.managedBytes());
        long at = call.globalsAt();
        if (text.globalsBytes() > 0) {
            at = memory.claimFrom(at, text.globalsBytes(), context);
            memory.map(at, text.globalsBytes());
        }
        return new Module(
                call.module(), context, text, text.load(accessible, at, managedAt), at, managedAt);
    }

    private static PtxModule parse(byte[] image) throws RefusedException {
        PtxImage.requireText(image);
        try {
            return PtxModule.parse(image);
        } catch (PtxException e) {
            throw refused(e);
        }
    }

    private static RefusedException refused(PtxException why) {
        int code = switch (why.reason()) {
            case INVALID -> CudaResult.INVALID_PTX;
            case UNSUPPORTED -> CudaResult.NO_BINARY_FOR_GPU;
        };
        return new RefusedException(code, why.getMessage());
    }

    void unload(Call.ModuleUnload call) throws RefusedException {
        Module module = module(call.module());
        modules.remove(module.id());
        kernels.values().removeIf(kernel -> kernel.module() == module);
        if (module.globalsBytes() > 0) {
            timeline.fence(memoryCalls.unmapping(module.globalsAt(), module.context()));
        }
    }

    /** Forgets the modules of a context; their variables are memory of the context. */
    void removeAll(DeviceContext context) {
        modules.values().removeIf(module -> module.context() == context);
        kernels.values().removeIf(kernel -> kernel.module().context() == context);
    }

    /** Makes a kernel ready. */
    void get(Call.FunctionGet call, LowerHalf.Reply reply) throws RefusedException {
        Module module = module(call.module());
        DeviceContext context = module.context();
        context.requireHealthy();
        Kernel known = kernels.get(call.function());
        if (known != null && known.module() == module && known.code().info().name().equals(call.name())) {
            // A process that took the objects of an earlier one over asks again what it has to know of them.
            reply.done(known.describe());
            return;
        }
        DeviceObjects.requireFree(known == null, "function", call.function());
        if (!module.text().hasKernel(call.name())) {
            throw new RefusedException(CudaResult.NOT_FOUND, "the module has no kernel " + call.name());
        }
        timeline.start(new Action(Work.Weight.HEAVY, context, "making kernel " + call.name() + " ready", () -> {
            try {
                LoadedKernel code = Objects.requireNonNull(module.code().kernel(call.name()));
                Kernel kernel = new Kernel(module, code);
                kernels.put(call.function(), kernel);
                if (modules.get(module.id()) != module) { // Unloaded meanwhile, maybe before there was this kernel.
                    kernels.remove(call.function());
                    reply.failed(CudaResult.INVALID_HANDLE);
                    return;
                }
                reply.done(kernel.describe());
            } catch (RuntimeException | Error e) {
                reply.failed(CudaResult.UNKNOWN);
                throw e;
            }
        }));
    }

    Call.GlobalGet.Result get(Call.GlobalGet call) throws RefusedException {
        Module module = module(call.module());
        module.context().requireHealthy();
        for (GlobalInfo global : module.text().globals()) {
            if (global.name().equals(call.name())) {
                return new Call.GlobalGet.Result(module.address(global), global.bytes());
            }
        }
        throw new RefusedException(CudaResult.NOT_FOUND, "the module has no variable " + call.name());
    }

    void set(Call.FuncSetAttribute call) throws RefusedException {
        kernel(call.function()).set(call.attribute(), call.value());
    }

    void launch(Call.Launch call) throws RefusedException {
        DeviceStream stream = objects.stream(call.stream());
        Kernel kernel = kernel(call.function());
        if (kernel.module().context() != stream.context) {
            throw new RefusedException(CudaResult.INVALID_HANDLE, "kernel and stream are of different contexts");
        }
        kernel.check(call);
        timeline.enqueue(stream, new Launch(stream, kernel.code(), call));
    }

    /** Writes zeros where replayed modules have put the first values of their variables; other memory is zero yet. */
    void writeZeros(long address, long bytes) {
        for (Module module : modules.values()) {
            writeZeros(address, bytes, module.globalsAt(), module.globalsBytes());
            writeZeros(address, bytes, module.managedAt(), module.text().managedBytes());
        }
    }

    /** The same for all of their variables. */
    void clearVariables() {
        for (Module module : modules.values()) {
            writeZeros(module.globalsAt(), module.globalsBytes(), module.globalsAt(), module.globalsBytes());
            long managed = module.text().managedBytes();
            writeZeros(module.managedAt(), managed, module.managedAt(), managed);
        }
    }

    private static void writeZeros(long address, long bytes, long variablesAt, long variablesBytes) {
        long from = Math.max(address, variablesAt);
        long to = Math.min(address + bytes, variablesAt + variablesBytes);
        if (from < to) {
            VirtualMemory.at(from, to - from).fill((byte) 0);
        }
    }

    /** What a kernel may access, if there is such a kernel. */
    Optional<PointerUse> pointers(long function) {
        return Optional.ofNullable(kernels.get(function)).map(kernel -> kernel.code().info().pointers());
    }

    /** Where the managed variables of a kernel's module lie; 0 if it has none, or if there is no such kernel. */
    long managed(long function) {
        Kernel kernel = kernels.get(function);
        return kernel == null ? 0 : kernel.module().managedAt();
    }

    /** The context of a kernel; null if there is no such kernel. */
    @Nullable DeviceContext contextOf(long function) {
        Kernel kernel = kernels.get(function);
        return kernel == null ? null : kernel.module().context();
    }

    private Module module(long id) throws RefusedException {
        return DeviceObjects.require(modules.get(id), CudaResult.INVALID_HANDLE, "module", id);
    }

    private Kernel kernel(long id) throws RefusedException {
        return DeviceObjects.require(kernels.get(id), CudaResult.INVALID_HANDLE, "function", id);
    }

    /** A kernel on its way through a stream. */
    private final class Launch extends ContextWork {
        private final LoadedKernel code;
        private final Call.Launch call;

        Launch(DeviceStream stream, LoadedKernel code, Call.Launch call) {
            super(Weight.HEAVY, stream);
            this.code = code;
            this.call = call;
        }

        @Override
        void perform() {
            try {
                code.launch(
                        new Dim3(call.gridX(), call.gridY(), call.gridZ()),
                        new Dim3(call.blockX(), call.blockY(), call.blockZ()),
                        call.sharedBytes(),
                        call.parameters(),
                        new LaunchContext(workers, workers.parallelism(), stream.context::isAbandoned));
            } catch (KernelFault e) {
                throw new DeviceFault(e.code(), e.getMessage());
            } catch (CancellationException e) {
                LOG.log(System.Logger.Level.INFO, "{0} was abandoned", words());
            }
        }

        @Override
        String words() {
            return "kernel " + code.info().name() + " on " + stream;
        }
    }
}
