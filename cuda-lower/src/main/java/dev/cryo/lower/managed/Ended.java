package dev.cryo.lower.managed;

import dev.cryo.streamlog.call.LowerHalf;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A reply to what ends when it is answered, however that is: work that has failed, or never runs, has ended too.
 *
 * @param then who is told after that, if anybody is
 */
record Ended(CompletableFuture<Void> end, LowerHalf.@Nullable Reply then) implements LowerHalf.Reply {
    @Override
    public void done(Record result) {
        end.complete(null);
        if (then != null) {
            then.done(result);
        }
    }

    @Override
    public void failed(int code) {
        end.complete(null);
        if (then != null) {
            then.failed(code);
        }
    }
}
