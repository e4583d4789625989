package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.KernelFault;
import dev.cryo.lower.ptx.ir.Instr;
import dev.cryo.lower.ptx.ir.Instr.BarrierMode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A barrier of the thread block, perhaps with a reduction. */
final class BarrierStep extends Step {
    private final @Nullable GuardPlace guard;
    private final BarrierMode mode;
    private final Place id;
    private final @Nullable Place threads;
    private final @Nullable Place predicate;
    private final @Nullable Place destination;
    private final int next;

    BarrierStep(Instr.Barrier barrier, Places places, int next) {
        super(barrier.line(), barrier.opcode());
        this.guard = places.of(barrier.guard());
        this.mode = barrier.mode();
        this.id = places.of(barrier.id());
        this.threads = barrier.threads() == null ? null : places.of(barrier.threads());
        this.predicate = barrier.predicate() == null ? null : places.of(barrier.predicate());
        this.destination = barrier.destination() == null ? null : places.of(barrier.destination());
        this.next = next;
    }

    @Override
    int run(Frame frame, Group group) throws KernelFault {
        BlockState state = frame.state();
        if (guard != null) {
            Split.keep(state, group, frame.filter(guard, group), next);
            if (group.count() == 0) {
                return WAITS;
            }
        }
        int lane = group.first();
        int number = frame.intRow(id, 0, group)[lane];
        if (number < 0 || number > 15) {
            throw frame.fault(KernelFault.Kind.ILLEGAL_INSTRUCTION, this, lane, 0, "barrier " + number);
        }
        int expected = threads == null ? 0 : frame.intRow(threads, 1, group)[lane];
        state.arrive(number, group.count(), countTrue(frame, group), expected);
        if (mode == BarrierMode.ARRIVE) {
            group.pc(next);
        } else {
            group.waitAt(number, this);
        }
        if (state.complete(number)) {
            release(frame, number);
        }
        return group.state() == Group.State.READY ? next : WAITS;
    }

    private int countTrue(Frame frame, Group group) {
        if (predicate == null) {
            return 0;
        }
        int[] row = frame.intRow(predicate, 2, group);
        int count = 0;
        for (int k = 0; k < group.count(); k++) {
            count -= row[group.lane(k)];
        }
        return count;
    }

    /** Wakes all groups that wait at a complete barrier. */
    static void release(Frame frame, int number) {
        BlockState state = frame.state();
        int arrived = state.arrived(number);
        int countTrue = state.countTrue(number);
        state.reuse(number);
        for (Group waiting : List.copyOf(state.groups())) {
            BarrierStep step = waiting.barrierStep();
            if (waiting.state() == Group.State.AT_BARRIER && waiting.barrier() == number && step != null) {
                step.deliver(frame, waiting, arrived, countTrue);
                waiting.state(Group.State.READY);
                waiting.pc(step.next);
            }
        }
    }

    private void deliver(Frame frame, Group waiting, int arrived, int countTrue) {
        Place place = destination;
        if (place == null) {
            return;
        }
        int result = switch (mode) {
            case AND -> countTrue == arrived ? -1 : 0;
            case OR -> countTrue > 0 ? -1 : 0;
            case POPC, SYNC, ARRIVE -> countTrue;
        };
        int[] row = frame.ints[place.index()];
        for (int k = 0; k < waiting.count(); k++) {
            row[waiting.lane(k)] = result;
        }
    }
}
