package dev.cryo.upper.cuda;

/** What the application knows by a handle. The handle is its virtual id. */
public abstract sealed class CudaObject permits Context, CudaModule, Event, Function, Stream {
    private final long id;

    CudaObject(long id) {
        this.id = id;
    }

    /** The virtual id, which is the handle. */
    public final long id() {
        return id;
    }

    /** The context that it lives in. */
    public abstract Context context();
}
