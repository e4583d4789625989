package dev.cryo.upper.cuda;

/** An event. Thread-safe. */
public final class Event extends CudaObject {
    static final int DISABLE_TIMING = 2;
    static final int INTERPROCESS = 4;

    private final Context context;
    private final int flags;
    private volatile boolean recorded;

    Event(long id, Context context, int flags) {
        super(id);
        this.context = context;
        this.flags = flags;
    }

    @Override
    public Context context() {
        return context;
    }

    boolean isTimed() {
        return (flags & DISABLE_TIMING) == 0;
    }

    boolean isRecorded() {
        return recorded;
    }

    void recorded() {
        recorded = true;
    }
}
