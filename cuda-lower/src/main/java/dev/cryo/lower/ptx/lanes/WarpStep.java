package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.KernelFault;
import dev.cryo.lower.ptx.ir.Instr;
import org.jspecify.annotations.Nullable;

/** An operation of all named lanes of a warp together; waits until they have come. */
abstract class WarpStep extends Step {
    private final @Nullable GuardPlace guard;
    private final @Nullable Place members;
    private final int next;

    WarpStep(Instr instr, @Nullable GuardPlace guard, @Nullable Place members, int next) {
        super(instr.line(), instr.opcode());
        this.guard = guard;
        this.members = members;
        this.next = next;
    }

    @Override
    final int run(Frame frame, Group group) throws KernelFault {
        BlockState state = frame.state();
        if (guard != null) {
            Lanes active = frame.filter(guard, group);
            if (active.count() > 0) {
                allWarps(frame, active);
            }
            return next;
        }
        if (members != null && group.count() != state.living()) {
            state.mergeWaitingAt(group);
            if (!group.takeForced() && !gather(frame, state, group)) {
                return WAITS;
            }
        }
        allWarps(frame, group);
        return next;
    }

    /** Leaves in the group only the warps that are complete; false when there is none. */
    private boolean gather(Frame frame, BlockState state, Group group) {
        Place place = members;
        if (place == null) {
            return true;
        }
        int[] masks = frame.intRow(place, 5, group);
        Lanes complete = new Lanes(group.count());
        complete.clear();
        int k = 0;
        while (k < group.count()) {
            int start = k;
            int warp = group.lane(k) >> 5;
            int here = 0;
            while (k < group.count() && group.lane(k) >> 5 == warp) {
                here |= 1 << (group.lane(k++) & 31);
            }
            if ((masks[group.lane(start)] & state.livingMask(warp) & ~here) == 0) {
                for (int p = start; p < k; p++) {
                    complete.append(group.lane(p));
                }
            }
        }
        complete.settle();
        if (complete.count() == 0) {
            group.state(Group.State.AT_WARP_BARRIER);
            return false;
        }
        if (complete.count() < group.count()) {
            Split.keep(state, group, complete, group.pc());
            state.groups().getLast().state(Group.State.AT_WARP_BARRIER);
        }
        return true;
    }

    private void allWarps(Frame frame, Lanes active) {
        begin(frame, active);
        int k = 0;
        while (k < active.count()) {
            int start = k;
            int warp = active.lane(k) >> 5;
            int mask = 0;
            while (k < active.count() && active.lane(k) >> 5 == warp) {
                mask |= 1 << (active.lane(k++) & 31);
            }
            warp(frame, active, start, k, mask);
        }
    }

    /** Fetches rows of operands. */
    abstract void begin(Frame frame, Lanes active);

    /**
     * Executes one warp.
     *
     * @param start the first position of the warp in {@code active}, up to {@code end} exclusive
     * @param mask the active lanes of the warp
     */
    abstract void warp(Frame frame, Lanes active, int start, int end, int mask);

    /** Gives all lanes of a warp the same result. */
    static void spread(int[] row, Lanes active, int start, int end, int value) {
        for (int k = start; k < end; k++) {
            row[active.lane(k)] = value;
        }
    }
}
