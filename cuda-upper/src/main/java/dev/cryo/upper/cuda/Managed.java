package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.Call;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What is known of an allocation of unified memory beside its addresses. Thread-safe. */
public final class Managed {
    /** {@code CU_DEVICE_CPU}: the host, where a device is meant. */
    public static final int CPU = -1;
    /** {@code CU_DEVICE_INVALID}: no device. */
    public static final int NOWHERE = -2;

    private final Context context;
    private final long bytes;
    private final Set<Integer> accessedBy = ConcurrentHashMap.newKeySet();
    private volatile boolean readMostly;
    private volatile boolean ofModule;
    private volatile int preferred = NOWHERE;
    private volatile int lastPrefetch = NOWHERE;

    Managed(Context context, long bytes) {
        this.context = context;
        this.bytes = bytes;
    }

    /** Whether it holds the managed variables of a module, and ends with that. */
    boolean isOfModule() {
        return ofModule;
    }

    void giveToModule() {
        ofModule = true;
    }

    /** The size that was asked for. */
    public long bytes() {
        return bytes;
    }

    /** The context that it was allocated in. */
    public Context context() {
        return context;
    }

    /** Whether it is seldom written. */
    public boolean isReadMostly() {
        return readMostly;
    }

    /** The device where it should be, {@link #CPU} or {@link #NOWHERE}. */
    public int preferred() {
        return preferred;
    }

    /** The device where it was brought last, {@link #CPU} or {@link #NOWHERE}. */
    public int lastPrefetch() {
        return lastPrefetch;
    }

    void prefetchedTo(int device) {
        lastPrefetch = device;
    }

    /** The devices that will access it. */
    public Set<Integer> accessedBy() {
        return Set.copyOf(accessedBy);
    }

    /** Takes advice on all of it. */
    void adopt(Call.ManagedAdvise advice) {
        switch (ManagedAdvice.ofKind(advice.kind())) {
            case READ_MOSTLY -> readMostly = advice.value() != 0;
            case PREFERRED_LOCATION -> preferred = advice.value();
            case ACCESSED_BY -> {
                if (advice.value() != 0) {
                    accessedBy.add(advice.by());
                } else {
                    accessedBy.remove(advice.by());
                }
            }
        }
    }
}
