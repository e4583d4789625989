package dev.cryo.lower;

import dev.cryo.lower.ptx.device.PtxDevice;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.control.InProcessLowerHalf;
import java.io.IOException;

/** Gives the PTX device to an agent that runs it in the application's process. */
public final class InProcessPtx implements InProcessLowerHalf.Provider {
    @Override
    public String device() {
        return "ptx";
    }

    @Override
    public InProcessLowerHalf open(LowerHalf.HostSide host) {
        LowerHalf device = new PtxDevice();
        LowerHalfSession session = new LowerHalfSession(device, (request, lowerHalf) -> {
            lowerHalf.attach(host);
            return lowerHalf::detach;
        });
        return new Session(device, session);
    }

    private record Session(LowerHalf lowerHalf, LowerHalfSession session) implements InProcessLowerHalf {
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
}
