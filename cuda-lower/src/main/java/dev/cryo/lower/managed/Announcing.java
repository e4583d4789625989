package dev.cryo.lower.managed;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.LowerHalf;

/** Whatever the device could do, this is what there is. */
record Announcing(LowerHalf.Reply reply) implements LowerHalf.Reply {
    private static final int MANAGED_MEMORY = 83;
    private static final int[] NOT_CONCURRENT = {88, 89, 100, 101};

    @Override
    public void done(Record result) {
        if (result instanceof Call.DeviceInfo.Result info && info.attributes().length > NOT_CONCURRENT[3]) {
            int[] attributes = info.attributes().clone();
            attributes[MANAGED_MEMORY] = 1;
            for (int attribute : NOT_CONCURRENT) {
                attributes[attribute] = 0;
            }
            reply.done(new Call.DeviceInfo.Result(info.name(), info.totalBytes(), attributes, info.uuid()));
        } else {
            reply.done(result);
        }
    }

    @Override
    public void failed(int code) {
        reply.failed(code);
    }
}
