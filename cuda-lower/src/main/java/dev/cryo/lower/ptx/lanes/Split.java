package dev.cryo.lower.ptx.lanes;

/** Splits groups of lanes. */
final class Split {
    private Split() {
    }

    /** Leaves only {@code kept} in the group and sends the others on to {@code elsewhere} in a group of their own. */
    static void keep(BlockState state, Group group, Lanes kept, int elsewhere) {
        if (kept.count() == group.count()) {
            return;
        }
        Group others = state.newGroup();
        int k = 0;
        for (int p = 0; p < group.count(); p++) {
            int lane = group.lane(p);
            if (k < kept.count() && kept.lane(k) == lane) {
                k++;
            } else {
                others.append(lane);
            }
        }
        others.settle();
        others.pc(elsewhere);
        others.yields(group.yields());
        if (kept.count() == 0) {
            state.discard(group);
        }
        group.copy(kept);
    }
}
