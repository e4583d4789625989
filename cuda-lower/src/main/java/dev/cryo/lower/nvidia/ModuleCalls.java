package dev.cryo.lower.nvidia;

import dev.cryo.lower.device.PtxImage;
import dev.cryo.lower.device.RefusedException;
import dev.cryo.lower.nvidia.Completions.Urgency;
import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Executes the calls about modules and kernels. It belongs to the thread that executes calls; modules are loaded by
 * workers, for the driver compiles them then.
 */
final class ModuleCalls {
    private static final System.Logger LOG = System.getLogger("dev.cryo.device");

    private final CudaDriver driver;
    private final GpuObjects objects;
    private final Current current;
    private final Marks marks;
    private final Completions completions;
    private final Workers workers;
    private final Map<Long, GpuModule> modules = new ConcurrentHashMap<>();
    private final Map<Long, Kernel> kernels = new HashMap<>();

    ModuleCalls(
            CudaDriver driver,
            GpuObjects objects,
            Current current,
            Marks marks,
            Completions completions,
            Workers workers) {
        this.driver = driver;
        this.objects = objects;
        this.current = current;
        this.marks = marks;
        this.completions = completions;
        this.workers = workers;
    }

    void load(Call.ModuleLoad call, LowerHalf.Reply reply) throws RefusedException {
        GpuContext context = objects.context(call.context());
        context.requireHealthy();
        GpuObjects.requireFree(!modules.containsKey(call.module()), "module", call.module());
        PtxImage.requireText(call.image());
        context.waits.incrementAndGet();
        workers.execute("loading of module 0x" + Long.toHexString(call.module()), () -> {
            StringBuilder log = new StringBuilder();
            try {
                current.enter(context);
                long handle = driver.loadModule(terminated(call.image()), log);
                modules.put(call.module(), new GpuModule(call.module(), context, handle));
                reply.done(new Call.ModuleLoad.Result(call.globalsAt(), 0, log.toString()));
            } catch (DriverException e) {
                context.met(e);
                LOG.log(System.Logger.Level.WARNING, "module 0x{0} is not loaded: {1} {2}",
                        Long.toHexString(call.module()), e.getMessage(), log);
                reply.failed(e.code());
            } finally {
                context.waits.decrementAndGet();
            }
        });
    }

    /** The driver takes text up to its NUL byte. */
    private static byte[] terminated(byte[] text) {
        return text.length > 0 && text[text.length - 1] == 0 ? text : Arrays.copyOf(text, text.length + 1);
    }

    void unload(Call.ModuleUnload call) throws RefusedException {
        GpuModule module = module(call.module());
        modules.remove(module.id());
        kernels.values().removeIf(kernel -> kernel.module() == module);
        GpuContext context = module.context();
        if (context.isFaulted()) {
            return; // It ends with the context.
        }
        List<Mark> work = marks.ofAll(List.of(context));
        context.waits.incrementAndGet();
        completions.afterAll(work, Urgency.SOON, () -> workers.execute("end of a module", () -> {
            try {
                current.enter(context);
                driver.unloadModule(module.handle());
            } catch (DriverException e) {
                context.met(e);
                LOG.log(System.Logger.Level.WARNING, "a module stays loaded: {0}", e.getMessage());
            } finally {
                context.waits.decrementAndGet();
            }
        }));
    }

    /** Forgets the kernels of a context that is about to end. */
    void removeAll(GpuContext context) {
        kernels.values().removeIf(kernel -> kernel.module().context() == context);
        forget(context);
    }

    /** Forgets the modules of a context that have come late; they end with it. For any thread. */
    void forget(GpuContext context) {
        modules.values().removeIf(module -> module.context() == context);
    }

    Call.FunctionGet.Result get(Call.FunctionGet call) throws RefusedException, DriverException {
        GpuModule module = module(call.module());
        module.context().requireHealthy();
        Kernel known = kernels.get(call.function());
        if (known != null && known.module() == module && known.name().equals(call.name())) {
            // A process that took the objects of an earlier one over asks again what it has to know of them.
            return known.facts();
        }
        GpuObjects.requireFree(known == null, "function", call.function());
        current.dispatch(module.context());
        long handle = driver.function(module.handle(), call.name());
        Kernel kernel = new Kernel(module, call.name(), handle, describe(handle));
        kernels.put(call.function(), kernel);
        return kernel.facts();
    }

    private Call.FunctionGet.Result describe(long handle) throws DriverException {
        List<CudaDriver.Parameter> parameters = driver.parameters(handle);
        CudaDriver.Parameter last = parameters.isEmpty() ? new CudaDriver.Parameter(0, 0) : parameters.getLast();
        int[] facts = new int[7];
        for (int attribute = 0; attribute < facts.length; attribute++) {
            facts[attribute] = driver.functionAttribute(handle, attribute);
        }
        return new Call.FunctionGet.Result(
                parameters.stream().mapToInt(CudaDriver.Parameter::offset).toArray(),
                parameters.stream().mapToInt(CudaDriver.Parameter::bytes).toArray(),
                last.offset() + last.bytes(),
                facts[1],
                facts[3],
                facts[2],
                facts[4],
                facts[0],
                facts[5],
                facts[6]);
    }

    Call.GlobalGet.Result get(Call.GlobalGet call) throws RefusedException {
        GpuModule module = module(call.module());
        module.context().requireHealthy();
        throw new RefusedException(CudaResult.NOT_FOUND, "the module has no variable " + call.name());
    }

    void set(Call.FuncSetAttribute call) throws RefusedException, DriverException {
        Kernel kernel = kernel(call.function());
        if (!kernel.module().context().isFaulted()) {
            current.dispatch(kernel.module().context());
            driver.setFunctionAttribute(kernel.handle(), call.attribute(), call.value());
        }
    }

    void launch(Call.Launch call) throws RefusedException, DriverException {
        GpuStream stream = objects.stream(call.stream());
        Kernel kernel = kernel(call.function());
        kernel.check(call, stream);
        if (stream.context.isFaulted()) {
            return;
        }
        current.dispatch(stream.context);
        stream.use(kernel.name());
        driver.launch(
                kernel.handle(),
                call.gridX(),
                call.gridY(),
                call.gridZ(),
                call.blockX(),
                call.blockY(),
                call.blockZ(),
                call.sharedBytes(),
                stream.handle,
                call.parameters());
    }

    /** The context of a kernel; null if there is no such kernel. */
    @Nullable GpuContext contextOfKernel(long function) {
        Kernel kernel = kernels.get(function);
        return kernel == null ? null : kernel.module().context();
    }

    private GpuModule module(long id) throws RefusedException {
        return GpuObjects.require(modules.get(id), CudaResult.INVALID_HANDLE, "module", id);
    }

    private Kernel kernel(long id) throws RefusedException {
        return GpuObjects.require(kernels.get(id), CudaResult.INVALID_HANDLE, "function", id);
    }
}
