package dev.cryo.upper.agent;

import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.log.LogCodec;
import dev.cryo.streamlog.log.StreamLog;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.entry.crac.Core;
import dev.cryo.upper.gate.CheckpointClient;
import java.io.IOException;

/** Takes over the objects of an earlier process, where the host's memory was not restored. */
record Rebuilding(Cuda cuda, StreamLog log) implements CheckpointClient.Welcomed {
    @Override
    public void map(byte[] calls) throws IOException {
        try {
            cuda.hostMemory().mapAll(LogCodec.decode(calls));
        } catch (CudaError | IllegalArgumentException e) {
            throw new IOException("the page-locked memory of the restarted job cannot be mapped: " + e.getMessage(), e);
        }
    }

    @Override
    public void rebuild(ControlMessage.Outcome outcome, byte[] calls) throws IOException {
        if (calls.length == 0) {
            return;
        }
        try {
            cuda.adoption().adopt(LogCodec.decode(calls)).forEach(log::append);
        } catch (CudaError | IllegalArgumentException e) {
            throw new IOException("the objects of the restarted job cannot be rebuilt: " + e.getMessage(), e);
        }
        Core.getGlobalContext().startedByRestart();
    }
}
