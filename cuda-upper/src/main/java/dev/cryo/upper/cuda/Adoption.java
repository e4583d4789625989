package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import java.util.List;

/**
 * Takes over the objects of an earlier process from its stream log, which the lower half has replayed: rebuilds the
 * tables. Must come before the application's first use of CUDA.
 */
public final class Adoption {
    private static final int MAX_DYNAMIC_SHARED = 8;
    private static final int CARVEOUT = 9;

    private final Cuda cuda;
    private final Calls calls;
    private final HandleTable handles;

    Adoption(Cuda cuda, Calls calls, HandleTable handles) {
        this.cuda = cuda;
        this.calls = calls;
        this.handles = handles;
    }

    /**
     * Takes over the objects that a log creates. Page-locked memory is mapped afresh, so its calls change.
     *
     * @return the log with the descriptors of this process
     * @throws CudaError if memory cannot be mapped where it was
     */
    public List<Call> adopt(List<Call> log) throws CudaError {
        cuda.devices().initialize();
        for (Call call : log) {
            if (call instanceof Call.CtxCreate it) {
                adopt(it);
            }
        }
        Call[] adopted = new Call[log.size()];
        for (int i = 0; i < adopted.length; i++) {
            adopted[i] = adopt(log.get(i));
        }
        cuda.unifiedMemory().adopted();
        return List.of(adopted);
    }

    private void adopt(Call.CtxCreate call) throws CudaError {
        Context context = new Context(
                calls, call.context(), call.defaultStream(), call.device(), call.primary(), call.flags());
        handles.putEarlier(context);
        handles.putEarlier(context.legacy());
        calls.watch(context);
        if (call.primary()) {
            cuda.primaries().adopt(context);
        }
    }

    private Call adopt(Call call) throws CudaError {
        switch (call) {
            case Call.MemMap it -> cuda.memory().adopt(it.address(), it.bytes(), context(it.context()));
            case Call.ManagedAlloc it -> cuda.unifiedMemory().adopt(it, context(it.context()));
            case Call.ManagedAdvise it -> cuda.unifiedMemory().adopt(it);
            case Call.HostAlloc it -> {
                int descriptor = cuda.hostMemory().adopt(it, context(it.context()));
                return new Call.HostAlloc(it.address(), it.context(), it.bytes(), it.flags(), descriptor);
            }
            case Call.StreamCreate it ->
                own(new Stream(it.stream(), context(it.context()), it.flags(), it.priority()));
            case Call.EventCreate it -> {
                Event event = new Event(it.event(), context(it.context()), it.flags());
                event.recorded();
                own(event);
            }
            case Call.CtxSetLimit it -> context(it.context()).limits().put(it.limit(), it.value());
            case Call.CtxSetConfig it -> cuda.settings().adopt(context(it.context()), it);
            case Call.ModuleLoad it -> adopt(it, 0);
            case Call.ModuleLoadManaged it -> {
                cuda.unifiedMemory().giveToModule(it.managedAt());
                adopt(it.plain(), it.managedAt());
            }
            case Call.FunctionGet it -> {
                // Asked for again under its id: only the lower half knows its parameters.
                CudaModule module = (CudaModule) object(it.module());
                handles.putEarlier(cuda.modules().find(module, it));
            }
            case Call.FuncSetAttribute it -> set((Function) object(it.function()), it);
            default -> {
                // Creates nothing that the application can still name, or was taken over before.
            }
        }
        return call;
    }

    private void adopt(Call.ModuleLoad call, long managedAt) throws CudaError {
        CudaModule module = new CudaModule(
                call.module(), context(call.context()), call.globalsAt(), call.globalsBytes(), managedAt);
        handles.putEarlier(module);
        cuda.modules().register(module);
    }

    private static void set(Function function, Call.FuncSetAttribute call) {
        switch (call.attribute()) {
            case MAX_DYNAMIC_SHARED -> function.setMaxDynamicShared(call.value());
            case CARVEOUT -> function.setCarveout(call.value());
            default -> Notices.say("an attribute of a kernel is not known: " + call);
        }
    }

    private void own(CudaObject object) {
        handles.putEarlier(object);
        object.context().owned().add(object);
    }

    private Context context(long id) throws CudaError {
        return (Context) object(id);
    }

    private CudaObject object(long id) throws CudaError {
        CudaObject object = handles.get(id);
        if (object == null) {
            throw new CudaError(CudaResult.INVALID_HANDLE);
        }
        return object;
    }
}
