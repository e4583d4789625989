package dev.cryo.upper.fake;

import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.control.InProcessLowerHalf;

/** Gives the fake device to an agent that runs it in-process. */
public final class FakeProvider implements InProcessLowerHalf.Provider {
    @Override
    public String device() {
        return "fake";
    }

    @Override
    public InProcessLowerHalf open(LowerHalf.HostSide host, String option) {
        FakeDevice device = new FakeDevice();
        return new InProcessLowerHalf() {
            @Override
            public LowerHalf lowerHalf() {
                return device;
            }

            @Override
            public ControlMessage handle(ControlMessage request) {
                if (request instanceof ControlMessage.Attach) {
                    device.attach(host);
                }
                return new ControlMessage.Done();
            }

            @Override
            public void close() {
                device.close();
            }
        };
    }
}
