package dev.cryo.upper.cuda;

/** A stream. Immutable. */
public final class Stream extends CudaObject {
    private final Context context;
    private final int flags;
    private final int priority;

    Stream(long id, Context context, int flags, int priority) {
        super(id);
        this.context = context;
        this.flags = flags;
        this.priority = priority;
    }

    @Override
    public Context context() {
        return context;
    }

    /** 0 or {@code CU_STREAM_NON_BLOCKING}. */
    public int flags() {
        return flags;
    }

    /** Lower numbers go first. */
    public int priority() {
        return priority;
    }
}
