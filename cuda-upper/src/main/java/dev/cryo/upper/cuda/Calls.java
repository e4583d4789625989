package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CallChannel;
import dev.cryo.streamlog.call.CallChannel.CallFailedException;
import dev.cryo.streamlog.call.CudaResult;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Sends calls to the lower half and keeps watch over faults. Thread-safe. */
final class Calls {
    private final CallChannel channel;
    private final Set<Context> contexts = ConcurrentHashMap.newKeySet();
    private volatile int seenEpoch;

    Calls(CallChannel channel) {
        this.channel = channel;
        this.seenEpoch = channel.faultEpoch();
    }

    CallChannel channel() {
        return channel;
    }

    void queue(Call.Queued call) {
        channel.queue(call);
    }

    <R extends Record> R call(Call.Blocking<R> call) throws CudaError {
        try {
            return channel.call(call);
        } catch (CallFailedException e) {
            throw new CudaError(e);
        }
    }

    /** Sends a call whose failure by an error that sticks makes the context faulted. */
    <R extends Record> R call(Context context, Call.Blocking<R> call) throws CudaError {
        try {
            return channel.call(call);
        } catch (CallFailedException e) {
            if (CudaResult.isSticky(e.code())) {
                context.fail(e.code());
            }
            throw new CudaError(e);
        }
    }

    void watch(Context context) {
        contexts.add(context);
    }

    void unwatch(Context context) {
        contexts.remove(context);
    }

    /** Learns of faults, if there may be new ones. */
    void look() {
        if (channel.faultEpoch() != seenEpoch) {
            askAll();
        }
    }

    private synchronized void askAll() {
        int epoch = channel.faultEpoch();
        if (epoch == seenEpoch) {
            return;
        }
        for (Context context : contexts) {
            try {
                channel.call(new Call.CtxStatus(context.id()));
            } catch (CallFailedException e) {
                context.fail(e.code());
            }
        }
        seenEpoch = epoch;
    }
}
