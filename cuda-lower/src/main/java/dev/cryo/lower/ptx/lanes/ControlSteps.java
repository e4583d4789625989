package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.KernelFault;
import dev.cryo.lower.ptx.ir.Instr;
import org.jspecify.annotations.Nullable;

/** Steps that decide where lanes go. */
final class ControlSteps {
    private ControlSteps() {
    }

    /** Goes on elsewhere. */
    static final class Jump extends Step {
        private final int target;

        Jump(int line, String opcode, int target) {
            super(line, opcode);
            this.target = target;
        }

        @Override
        int run(Frame frame, Group group) {
            return target;
        }
    }

    /** A conditional branch: lanes may part. */
    static final class Branch extends Step {
        private final GuardPlace guard;
        private final int target;
        private final int next;

        Branch(Instr.Branch branch, GuardPlace guard, int target, int next) {
            super(branch.line(), branch.opcode());
            this.guard = guard;
            this.target = target;
            this.next = next;
        }

        @Override
        int run(Frame frame, Group group) {
            int wanted = guard.negated() ? 0 : -1;
            if (guard.place().uniform()) {
                return frame.uniformInts[guard.place().index()] == wanted ? target : next;
            }
            int[] row = frame.ints[guard.place().index()];
            int and = -1;
            int or = 0;
            if (group.isRange()) {
                for (int i = group.from(); i < group.to(); i++) {
                    and &= row[i];
                    or |= row[i];
                }
            } else {
                int[] list = group.list();
                for (int k = 0; k < group.count(); k++) {
                    and &= row[list[k]];
                    or |= row[list[k]];
                }
            }
            if (and == or) {
                return and == wanted ? target : next;
            }
            Split.keep(frame.state(), group, frame.filter(guard, group), next);
            return target;
        }
    }

    /** Ends lanes. */
    static final class Exit extends Step {
        private final @Nullable GuardPlace guard;
        private final int next;

        Exit(Instr.Exit exit, @Nullable GuardPlace guard, int next) {
            super(exit.line(), exit.opcode());
            this.guard = guard;
            this.next = next;
        }

        @Override
        int run(Frame frame, Group group) {
            Lanes gone = frame.filter(guard, group);
            BlockState state = frame.state();
            if (gone.count() == group.count()) {
                state.end(group);
                return ENDED;
            }
            if (gone.count() > 0) {
                state.end(gone);
                group.remove(gone);
            }
            return next;
        }
    }

    /** Ends the kernel with an error. */
    static final class Trap extends Step {
        private final @Nullable GuardPlace guard;
        private final int next;

        Trap(Instr.Trap trap, @Nullable GuardPlace guard, int next) {
            super(trap.line(), trap.opcode());
            this.guard = guard;
            this.next = next;
        }

        @Override
        int run(Frame frame, Group group) throws KernelFault {
            Lanes active = frame.filter(guard, group);
            if (active.count() > 0) {
                throw frame.fault(KernelFault.Kind.LAUNCH_FAILED, this, active.first(), 0, null);
            }
            return next;
        }
    }
}
