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
    private final Set<Long> strays = ConcurrentHashMap.newKeySet();

    CudaModule(long id, Context context, long globalsAt, long globalsBytes) {
        super(id);
        this.context = context;
        this.globalsAt = globalsAt;
        this.globalsBytes = globalsBytes;
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

    /** Where variables begin that lie outside of its globals; they end with it. */
    Set<Long> strays() {
        return strays;
    }
}
