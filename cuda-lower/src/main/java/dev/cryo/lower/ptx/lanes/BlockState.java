package dev.cryo.lower.ptx.lanes;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which lanes of a thread block are where: the groups, the barriers, who has ended. */
final class BlockState {
    private static final int BARRIERS = 16;

    private final int lanes;
    private final List<Group> groups = new ArrayList<>();
    private final List<Group> spare = new ArrayList<>();
    private final BitSet ended = new BitSet();
    private final int[] arrived = new int[BARRIERS];
    private final int[] expected = new int[BARRIERS];
    private final int[] countTrue = new int[BARRIERS];
    private int living;
    private boolean changed;

    BlockState(int lanes) {
        this.lanes = lanes;
    }

    /** All lanes at the first step. */
    void reset() {
        spare.addAll(groups);
        groups.clear();
        ended.clear();
        living = lanes;
        for (int id = 0; id < BARRIERS; id++) {
            clear(id);
        }
        Group all = newGroup();
        all.setRange(0, lanes);
        all.pc(0);
    }

    private void clear(int id) {
        arrived[id] = 0;
        expected[id] = 0;
        countTrue[id] = 0;
    }

    /** An empty group that is ready. */
    Group newGroup() {
        Group group = spare.isEmpty() ? new Group(lanes) : spare.removeLast();
        group.clear();
        group.state(Group.State.READY);
        group.yields(0);
        group.takeForced();
        groups.add(group);
        changed = true;
        return group;
    }

    private void drop(Group group) {
        groups.remove(group);
        spare.add(group);
        changed = true;
    }

    /** Forgets a group that has lost all its lanes to others. */
    void discard(Group group) {
        drop(group);
    }

    /** Whether groups came, went or woke since this was last asked. */
    boolean takeChanged() {
        boolean was = changed;
        changed = false;
        return was;
    }

    int living() {
        return living;
    }

    boolean hasEnded(int lane) {
        return ended.get(lane);
    }

    List<Group> groups() {
        return groups;
    }

    /** The group to run: least yields, then lowest position; null when none is ready. */
    @Nullable Group next() {
        Group best = null;
        for (Group group : groups) {
            if (group.state() == Group.State.READY && (best == null || group.yields() < best.yields()
                    || group.yields() == best.yields() && group.pc() < best.pc())) {
                best = group;
            }
        }
        return best;
    }

    /** The lowest position of another ready group; beyond all positions when there is none. */
    int lowestOther(Group running) {
        int lowest = Integer.MAX_VALUE;
        for (Group group : groups) {
            if (group != running && group.state() == Group.State.READY) {
                lowest = Math.min(lowest, group.pc());
            }
        }
        return lowest;
    }

    /** Joins {@code group} with ready groups at the same position. */
    void mergeAt(Group group) {
        for (int i = groups.size() - 1; i >= 0; i--) {
            Group other = groups.get(i);
            if (other != group && other.state() == Group.State.READY && other.pc() == group.pc()) {
                group.merge(other);
                group.yields(Math.min(group.yields(), other.yields()));
                drop(other);
            }
        }
    }

    /** Joins {@code group} with groups that wait at the same position for lanes of their warps. */
    void mergeWaitingAt(Group group) {
        for (int i = groups.size() - 1; i >= 0; i--) {
            Group other = groups.get(i);
            if (other != group && other.state() == Group.State.AT_WARP_BARRIER && other.pc() == group.pc()) {
                group.merge(other);
                drop(other);
            }
        }
    }

    /** The lanes of a warp that have not ended. */
    int livingMask(int warp) {
        int mask = 0;
        for (int lane = warp * 32; lane < Math.min(lanes, warp * 32 + 32); lane++) {
            mask |= ended.get(lane) ? 0 : 1 << (lane & 31);
        }
        return mask;
    }

    /** The lanes of this group have ended. */
    void end(Group group) {
        end((Lanes) group);
        drop(group);
    }

    /** These lanes have ended; they may be part of a group that goes on. */
    void end(Lanes gone) {
        if (gone.isRange()) {
            ended.set(gone.from(), gone.to());
        } else {
            for (int k = 0; k < gone.count(); k++) {
                ended.set(gone.lane(k));
            }
        }
        living -= gone.count();
        changed = true;
    }

    // Barriers of the block

    /** Lanes arrive; returns whether the barrier is now complete. */
    void arrive(int id, int lanesArriving, int lanesTrue, int expectedLanes) {
        arrived[id] += lanesArriving;
        countTrue[id] += lanesTrue;
        expected[id] = expectedLanes;
    }

    /** Whether everybody who takes part has arrived. */
    boolean complete(int id) {
        return arrived[id] > 0 && arrived[id] >= (expected[id] == 0 ? living : expected[id]);
    }

    int arrived(int id) {
        return arrived[id];
    }

    int countTrue(int id) {
        return countTrue[id];
    }

    /** Makes a complete barrier ready for the next use; who waited is woken by {@link BarrierStep}. */
    void reuse(int id) {
        clear(id);
        changed = true;
    }

    /** A barrier that became complete because lanes ended, or -1. */
    int completeBarrier() {
        for (int id = 0; id < BARRIERS; id++) {
            if (complete(id)) {
                return id;
            }
        }
        return -1;
    }

    /** Wakes all who wait for lanes of their warp that will not come. */
    boolean wakeWarpBarriers() {
        boolean woken = false;
        for (Group group : groups) {
            if (group.state() == Group.State.AT_WARP_BARRIER) {
                group.force();
                woken = true;
                changed = true;
            }
        }
        return woken;
    }
}
