package dev.cryo.lower;

import dev.cryo.lower.ptx.device.PtxDevice;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.control.InProcessLowerHalf;
import dev.cryo.streamlog.control.Rehearsal;
import dev.cryo.streamlog.linux.FrozenFork;

/** Gives the PTX device to an agent that runs it in the application's process. */
public final class InProcessPtx implements InProcessLowerHalf.Provider {
    @Override
    public String device() {
        return "ptx";
    }

    @Override
    public InProcessLowerHalf open(LowerHalf.HostSide host, String option) {
        Rehearsal.start(FrozenFork::rehearse);
        return InProcessSession.over(new PtxDevice(), host);
    }
}
