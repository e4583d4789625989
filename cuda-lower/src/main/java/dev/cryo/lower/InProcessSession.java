package dev.cryo.lower;

import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.control.InProcessLowerHalf;
import java.io.IOException;
import java.util.function.Consumer;

/** A device in the application's process, with its part in checkpoints; closes both. */
record InProcessSession(LowerHalf lowerHalf, LowerHalfSession session) implements InProcessLowerHalf {
    static InProcessSession over(LowerHalf device, LowerHalf.HostSide host) {
        return new InProcessSession(device, new LowerHalfSession(device, (request, lowerHalf) -> {
            lowerHalf.attach(host);
            return lowerHalf::detach;
        }));
    }

    @Override
    public void onContentsLost(Consumer<String> told) {
        session.onContentsLost(told);
    }

    @Override
    public ControlMessage handle(ControlMessage request) {
        return session.handle(request);
    }

    @Override
    public void close() throws IOException {
        session.close();
        lowerHalf.close();
    }
}
