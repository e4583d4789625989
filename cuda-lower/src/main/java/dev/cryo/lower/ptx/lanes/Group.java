package dev.cryo.lower.ptx.lanes;

import org.jspecify.annotations.Nullable;

/** Lanes that are at the same place of the program. */
final class Group extends Lanes {
    /** What a group is doing. */
    enum State { READY, AT_BARRIER, AT_WARP_BARRIER }

    private int pc;
    private State state = State.READY;
    private int yields;
    private int barrier;
    private boolean forced;
    private @Nullable BarrierStep barrierStep;

    Group(int capacity) {
        super(capacity);
    }

    int pc() {
        return pc;
    }

    void pc(int position) {
        pc = position;
    }

    State state() {
        return state;
    }

    void state(State next) {
        state = next;
    }

    /** How often this group let others go first. */
    int yields() {
        return yields;
    }

    void yields(int count) {
        yields = count;
    }

    /** The barrier at which this group waits. */
    int barrier() {
        return barrier;
    }

    /** The step that waits at the barrier. */
    @Nullable BarrierStep barrierStep() {
        return barrierStep;
    }

    void waitAt(int id, BarrierStep step) {
        barrier = id;
        barrierStep = step;
        state = State.AT_BARRIER;
    }

    /** Whether this group shall no longer wait for lanes of its warps; asking ends it. */
    boolean takeForced() {
        boolean was = forced;
        forced = false;
        return was;
    }

    void force() {
        forced = true;
        state = State.READY;
    }
}
