package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.ir.Instr;
import dev.cryo.lower.ptx.ir.Instr.Space;
import dev.cryo.lower.ptx.ir.Reg;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The loads of a chunk that share a base register: they are checked together, once, before the chunk runs. */
final class Access {
    private final Space space;
    private final @Nullable Reg base;
    private final int index;
    private final List<Instr.Load> loads = new ArrayList<>();

    Access(Space space, @Nullable Reg base, int index) {
        this.space = space;
        this.base = base;
        this.index = index;
    }

    Space space() {
        return space;
    }

    @Nullable Reg base() {
        return base;
    }

    /** The position of this access among those of its chunk. */
    int index() {
        return index;
    }

    void add(Instr.Load load) {
        loads.add(load);
    }

    /** The lowest offset. */
    long low() {
        return loads.stream().mapToLong(l -> l.address().offset()).min().orElse(0);
    }

    /** The highest offset, exclusive. */
    long end() {
        return loads.stream().mapToLong(l -> l.address().offset() + l.bytes()).max().orElse(0);
    }

    /** The distance between lanes at which rows are consecutive. */
    int stride() {
        return loads.getFirst().bytes();
    }

    /** The alignment that the base needs, as a mask; -1 when the offsets do not allow any. */
    long alignmentMask() {
        long mask = 0;
        for (Instr.Load load : loads) {
            if ((load.address().offset() & load.bytes() - 1) != 0) {
                return -1;
            }
            mask |= load.bytes() - 1;
        }
        return mask;
    }
}
