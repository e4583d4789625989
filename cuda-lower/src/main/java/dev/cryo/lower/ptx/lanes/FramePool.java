package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.memory.MemoryMap;
import java.util.ArrayDeque;
import java.util.Deque;

/** Frames of one kernel that wait for the next launch. Safe for use by several threads. */
public final class FramePool {
    private static final int MAX_IDLE = 32;

    private final Program program;
    private final MemoryMap memory;
    private final Deque<Frame> idle = new ArrayDeque<>();

    /** An empty pool. */
    public FramePool(Program program, MemoryMap memory) {
        this.program = program;
        this.memory = memory;
    }

    Program program() {
        return program;
    }

    Frame take(LaunchShape shape) {
        synchronized (idle) {
            Frame frame = idle.poll();
            if (frame != null && frame.fits(shape)) {
                return frame;
            }
            // The kernel is launched with another shape now, so the frames of the old one are of no use.
            idle.clear();
        }
        return new Frame(program, shape, memory);
    }

    void give(Frame frame) {
        synchronized (idle) {
            if (idle.size() < MAX_IDLE) {
                idle.push(frame);
            }
        }
    }
}
