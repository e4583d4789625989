package dev.cryo.upper.cuda;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A loaded module. Thread-safe. */
public final class CudaModule extends CudaObject {
    private final Context context;
    private final Map<String, Function> functions = new ConcurrentHashMap<>();
    private final long globalsAt;
    private final long globalsBytes;
    private final long managedAt;
    private final Set<Long> strays = ConcurrentHashMap.newKeySet();

    CudaModule(long id, Context context, long globalsAt, long globalsBytes, long managedAt) {
        super(id);
        this.context = context;
        this.globalsAt = globalsAt;
        this.globalsBytes = globalsBytes;
        this.managedAt = managedAt;
    }

    @Override
    public Context context() {
        return context;
    }

    Map<String, Function> functions() {
        return functions;
    }

    long globalsAt() {
        return globalsAt;
    }

    long globalsBytes() {
        return globalsBytes;
    }

    /** Where its managed variables lie, in unified memory of its own; 0 if it has none. */
    long managedAt() {
        return managedAt;
    }

    /** Where variables begin that lie outside of its globals; they end with it. */
    Set<Long> strays() {
        return strays;
    }
}
