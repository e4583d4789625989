package dev.cryo.lower.managed;

import dev.cryo.streamlog.call.LowerHalf;

/** A reply to work that ends when it is answered, however that is; who asked is told after {@code end}. */
record Ending(Runnable end, LowerHalf.Reply reply) implements LowerHalf.Reply {
    @Override
    public void done(Record result) {
        end.run();
        reply.done(result);
    }

    @Override
    public void failed(int code) {
        end.run();
        reply.failed(code);
    }
}
