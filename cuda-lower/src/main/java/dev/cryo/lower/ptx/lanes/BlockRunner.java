package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.KernelFault;
import java.util.function.BooleanSupplier;

/** Runs the groups of one thread block until all have ended, or until it should let other blocks run. */
final class BlockRunner {
    /** What became of a block. */
    enum Outcome { ENDED, YIELDED, CANCELLED }

    /** Passes through the head of a waiting loop before other groups are let go first. */
    private static final int PASSES = 16;
    /** Times all groups let each other go first before other blocks do. */
    private static final int ROUNDS = 4;
    /** Backward steps between two looks at the cancellation. */
    private static final int LOOKS = 1024;

    private final Frame frame;
    private final BlockState state;
    private final Program program;
    private final Step[] steps;
    private final BooleanSupplier cancelled;
    private int backward;

    BlockRunner(Frame frame, BooleanSupplier cancelled) {
        this.frame = frame;
        this.state = frame.state();
        this.program = frame.program();
        this.steps = program.steps();
        this.cancelled = cancelled;
    }

    /** Runs until the block has ended or waits for other blocks. */
    Outcome run() throws KernelFault {
        int rounds = 0;
        while (true) {
            Group group = state.next();
            if (group == null) {
                if (state.groups().isEmpty()) {
                    return Outcome.ENDED;
                }
                wake();
                continue;
            }
            state.mergeAt(group);
            switch (run(group)) {
                case STOP -> {
                    return Outcome.CANCELLED;
                }
                case YIELD -> {
                    group.yields(group.yields() + 1);
                    if (++rounds >= ROUNDS * state.groups().size()) {
                        return Outcome.YIELDED;
                    }
                }
                case SWITCH -> {
                    continue;
                }
            }
        }
    }

    private enum Pause { SWITCH, YIELD, STOP }

    /** Runs a group until it ends, waits, meets another one, or another one should run. */
    private Pause run(Group group) throws KernelFault {
        int pc = group.pc();
        int passes = 0;
        state.takeChanged();
        int limit = state.lowestOther(group);
        while (true) {
            int next = steps[pc].run(frame, group);
            if (next < 0) {
                return Pause.SWITCH;
            }
            group.pc(next);
            if (next <= pc) {
                if (++backward >= LOOKS) {
                    backward = 0;
                    if (cancelled.getAsBoolean()) {
                        return Pause.STOP;
                    }
                }
                if (program.yieldsAt(next) && ++passes >= PASSES) {
                    return Pause.YIELD;
                }
            }
            pc = next;
            if (state.takeChanged()) {
                limit = state.lowestOther(group);
            }
            if (pc >= limit) {
                return Pause.SWITCH;
            }
        }
    }

    /** Nobody is ready: completes barriers that the end of lanes made complete, or stops waiting for lanes of warps. */
    private void wake() throws KernelFault {
        int complete = state.completeBarrier();
        if (complete >= 0) {
            BarrierStep.release(frame, complete);
        } else if (!state.wakeWarpBarriers()) {
            Group stuck = state.groups().getFirst();
            throw frame.fault(KernelFault.Kind.LAUNCH_FAILED, steps[stuck.pc()], stuck.first(), 0,
                    "threads wait at a barrier that the others never reach");
        }
    }
}
