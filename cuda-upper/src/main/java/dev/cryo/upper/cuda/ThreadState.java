package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.CudaResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What CUDA keeps for a thread. Used by that thread alone. */
final class ThreadState {
    private final List<Context> stack = new ArrayList<>();
    private final Map<Context, Stream> streams = new HashMap<>();
    private @Nullable Context top;
    private int device;
    private int lastError;

    /** The current context, or null. */
    @Nullable
    Context top() {
        return top;
    }

    void push(Context context) {
        stack.add(context);
        top = context;
    }

    Context pop() throws CudaError {
        if (stack.isEmpty()) {
            throw new CudaError(CudaResult.INVALID_CONTEXT);
        }
        Context popped = stack.removeLast();
        top = stack.isEmpty() ? null : stack.getLast();
        return popped;
    }

    /** Replaces the top of the stack; null takes it away. */
    void setTop(@Nullable Context context) {
        if (!stack.isEmpty()) {
            stack.removeLast();
        }
        if (context != null) {
            stack.add(context);
        }
        top = stack.isEmpty() ? null : stack.getLast();
    }

    /** The thread's own default stream of each context. */
    Map<Context, Stream> streams() {
        return streams;
    }

    int device() {
        return device;
    }

    void setDevice(int device) {
        this.device = device;
    }

    int lastError() {
        return lastError;
    }

    void setLastError(int code) {
        lastError = code;
    }
}
