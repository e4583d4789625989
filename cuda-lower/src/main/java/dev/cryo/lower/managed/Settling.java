package dev.cryo.lower.managed;

import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.uvm.device.ManagedMemory;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/**
 * Gives an answer that tells of the end of work when the application's copy of unified memory shows what it did.
 *
 * @param before the work before the question that may write unified memory, more than was asked about: which work an
 *     event stands for is not known here
 * @param waits whether the answer waits for that work; else it is {@code NOT_READY} while some runs
 */
record Settling(ManagedMemory shadow, CompletableFuture<Void> before, boolean waits, LowerHalf.Reply reply)
        implements LowerHalf.Reply {
    private static final System.Logger LOG = System.getLogger("dev.cryo.device");

    @Override
    public void done(Record result) {
        if (!waits && !before.isDone()) {
            reply.failed(CudaResult.NOT_READY);
            return;
        }
        before.thenRun(() -> {
            try {
                shadow.settle();
                reply.done(result);
            } catch (IOException e) {
                LOG.log(System.Logger.Level.ERROR, "unified memory cannot be copied back", e);
                reply.failed(CudaResult.UNKNOWN);
            }
        });
    }

    @Override
    public void failed(int code) {
        reply.failed(code);
    }
}
