package dev.cryo.lower.nvidia;

import dev.cryo.lower.device.RefusedException;
import dev.cryo.lower.nvidia.Completions.Urgency;
import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.lower.ptx.EntryHeader;
import dev.cryo.lower.ptx.EntryInfo;
import dev.cryo.lower.ptx.GlobalInfo;
import dev.cryo.lower.ptx.PointerUse;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    private final GpuMemory memory;
    private final Constants constants;
    private final ModuleLoader loader;
    private final Map<Long, GpuModule> modules = new ConcurrentHashMap<>();
    private final Map<Long, Kernel> kernels = new HashMap<>();

    ModuleCalls(
            CudaDriver driver,
            GpuObjects objects,
            Current current,
            Marks marks,
            Completions completions,
            Workers workers,
            GpuMemory memory,
            Constants constants,
            ModuleLoader loader) {
        this.driver = driver;
        this.objects = objects;
        this.current = current;
        this.marks = marks;
        this.completions = completions;
        this.workers = workers;
        this.memory = memory;
        this.constants = constants;
        this.loader = loader;
    }

    /** Tells what the managed variables of a module need. */
    void measure(Call.ModuleMeasure call, LowerHalf.Reply reply) throws RefusedException {
        work("measuring of a module", call.context(), reply, (context, log) -> new Call.ModuleMeasure.Result(
                loader.parse(call.image(), context).managedBytes()));
    }

    /** What is done on a worker for an answer. */
    private interface Task {
        Record answer(GpuContext context, StringBuilder log) throws RefusedException, DriverException;
    }

    private void work(String words, long contextId, LowerHalf.Reply reply, Task task) throws RefusedException {
        GpuContext context = objects.context(contextId);
        context.requireHealthy();
        boolean unused = context.use(); // It lives: it is in the table.
        workers.execute(words, () -> {
            StringBuilder log = new StringBuilder();
            try {
                Record result = task.answer(context, log);
                return () -> reply.done(result);
            } catch (RefusedException e) {
                return refusal(words, e.code(), e.getMessage(), reply);
            } catch (DriverException e) {
                context.met(e);
                return refusal(words, e.code(), e.getMessage() + " " + log, reply);
            } finally {
                context.leave();
            }
        });
    }

    private static Runnable refusal(String words, int code, @Nullable String why, LowerHalf.Reply reply) {
        LOG.log(System.Logger.Level.WARNING, "{0} fails, CUDA error {1}: {2}",
                words, Integer.toString(code), String.valueOf(why));
        return () -> reply.failed(code);
    }

    /** Loads a module; its managed variables lie at an address, unless that is 0. */
    void load(Call.ModuleLoad call, long managedAt, LowerHalf.Reply reply) throws RefusedException {
        GpuObjects.requireFree(!modules.containsKey(call.module()), "module", call.module());
        String words = "loading of module 0x" + Long.toHexString(call.module());
        work(words, call.context(), reply, (context, log) -> {
            GpuModule module = loader.load(call, managedAt, context, log);
            modules.put(call.module(), module);
            return new Call.ModuleLoad.Result(module.globalsAt, module.globalsBytes, log.toString());
        });
    }

    void unload(Call.ModuleUnload call) throws RefusedException {
        GpuModule module = module(call.module());
        GpuContext context = module.context;
        modules.remove(module.id);
        kernels.values().removeIf(kernel -> kernel.module() == module);
        List<LowerHalf.Range> ranges =
                module.globalsBytes > 0 ? List.of(memory.retire(module.globalsAt)) : List.of();
        List<Mark> work = marks.ofAll(objects.contextsOf(context.device));
        boolean unused = context.use(); // It lives: it is in the table.
        completions.afterAll(work, Urgency.SOON, () -> {
            memory.end(ranges);
            workers.execute("end of a module", () -> {
                end(module);
                return context::leave;
            });
        });
    }

    /** Unloads a module that no work uses; for any thread. */
    void end(GpuModule module) {
        try {
            if (module.context.isFaulted()) {
                constants.remove(module); // The rest ends with the context.
            } else {
                loader.unload(module);
            }
        } catch (DriverException e) {
            module.context.met(e);
            LOG.log(System.Logger.Level.WARNING, "module 0x{0} stays loaded: {1}",
                    Long.toHexString(module.id), e.getMessage());
        }
    }

    /** Forgets the kernels of a context that is about to end, and takes its modules out of the table. */
    List<GpuModule> removeAll(GpuContext context) {
        kernels.values().removeIf(kernel -> kernel.module().context == context);
        return take(context);
    }

    /** Takes the modules of a context out of the table, which must be ended; for any thread. */
    List<GpuModule> take(GpuContext context) {
        List<GpuModule> taken =
                modules.values().stream().filter(module -> module.context == context).toList();
        taken.forEach(module -> modules.remove(module.id));
        return taken;
    }

    Call.FunctionGet.Result get(Call.FunctionGet call) throws RefusedException, DriverException {
        GpuModule module = module(call.module());
        module.context.requireHealthy();
        Kernel known = kernels.get(call.function());
        if (known != null && known.module() == module && known.name().equals(call.name())) {
            // A process that took the objects of an earlier one over asks again what it has to know of them.
            return known.facts();
        }
        GpuObjects.requireFree(known == null, "function", call.function());
        current.dispatch(module.context);
        long handle = driver.function(module.handle, call.name());
        Kernel kernel = new Kernel(module, call.name(), handle, describe(module, call.name(), handle));
        kernels.put(call.function(), kernel);
        return kernel.facts();
    }

    private Call.FunctionGet.Result describe(GpuModule module, String name, long handle) throws DriverException {
        EntryHeader entry = module.entry(name).orElse(null);
        Parameters parameters = entry != null ? Parameters.of(entry) : Parameters.of(driver.parameters(handle));
        int[] facts = new int[7];
        for (int attribute = 0; attribute < facts.length; attribute++) {
            facts[attribute] = driver.functionAttribute(handle, attribute);
        }
        return new Call.FunctionGet.Result(
                parameters.offsets,
                parameters.sizes,
                parameters.bytes,
                facts[1],
                facts[3],
                facts[2],
                facts[4],
                facts[0],
                facts[5],
                facts[6]);
    }

    /** The parameters of a kernel, by what is known of them. */
    @SuppressWarnings("ArrayRecordComponent") // Not compared.
    private record Parameters(int[] offsets, int[] sizes, int bytes) {
        static Parameters of(EntryHeader entry) {
            return new Parameters(
                    entry.parameters().stream().mapToInt(EntryInfo.Parameter::offset).toArray(),
                    entry.parameters().stream().mapToInt(EntryInfo.Parameter::bytes).toArray(),
                    entry.parameterBytes());
        }

        static Parameters of(List<CudaDriver.Parameter> all) {
            return new Parameters(
                    all.stream().mapToInt(CudaDriver.Parameter::offset).toArray(),
                    all.stream().mapToInt(CudaDriver.Parameter::bytes).toArray(),
                    all.isEmpty() ? 0 : all.getLast().offset() + all.getLast().bytes());
        }
    }

    Call.GlobalGet.Result get(Call.GlobalGet call) throws RefusedException {
        GpuModule module = module(call.module());
        module.context.requireHealthy();
        GlobalInfo variable = module.variable(call.name()).orElseThrow(() ->
                new RefusedException(CudaResult.NOT_FOUND, "the module has no variable " + call.name()));
        return new Call.GlobalGet.Result(module.address(variable), variable.bytes());
    }

    void set(Call.FuncSetAttribute call) throws RefusedException, DriverException {
        Kernel kernel = kernel(call.function());
        if (!kernel.module().context.isFaulted()) {
            current.dispatch(kernel.module().context);
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

    /** What a kernel may access, if that is known. */
    Optional<PointerUse> pointers(long function) {
        Kernel kernel = kernels.get(function);
        return kernel == null ? Optional.empty() : kernel.module().pointers(kernel.name());
    }

    /** Where the managed variables of a kernel's module lie; 0 if it has none, or if there is no such kernel. */
    long managed(long function) {
        Kernel kernel = kernels.get(function);
        return kernel == null ? 0 : kernel.module().managedAt;
    }

    /** The context of a kernel; null if there is no such kernel. */
    @Nullable GpuContext contextOfKernel(long function) {
        Kernel kernel = kernels.get(function);
        return kernel == null ? null : kernel.module().context;
    }

    private GpuModule module(long id) throws RefusedException {
        return GpuObjects.require(modules.get(id), CudaResult.INVALID_HANDLE, "module", id);
    }

    private Kernel kernel(long id) throws RefusedException {
        return GpuObjects.require(kernels.get(id), CudaResult.INVALID_HANDLE, "function", id);
    }
}
