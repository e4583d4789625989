package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.flow.Flow;
import dev.cryo.lower.ptx.ir.Instr;
import dev.cryo.lower.ptx.ir.Kind;
import dev.cryo.lower.ptx.ir.Reg;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Computations and loads that become one generated loop. */
final class Chunk {
    private final List<Instr> operations;
    private final List<Access> accesses = new ArrayList<>();
    private final Flow flow;
    private BitSet liveAfter = new BitSet();

    Chunk(List<Instr> operations, Flow flow) {
        this.operations = operations;
        this.flow = flow;
        for (Instr operation : operations) {
            if (operation instanceof Instr.Load load) {
                accessOf(load).add(load);
            }
        }
    }

    List<Instr> operations() {
        return operations;
    }

    List<Access> accesses() {
        return accesses;
    }

    boolean loads() {
        return !accesses.isEmpty();
    }

    boolean uniform(@Nullable Reg reg) {
        return reg == null || flow.uniform(reg);
    }

    /** Whether all lanes read the same address, and the result is held once. */
    boolean uniform(Instr.Load load) {
        for (Reg destination : load.definitions()) {
            if (!flow.uniform(destination)) {
                return false;
            }
        }
        return uniform(load.address().base());
    }

    /** Whether an operation has to be done for each lane. */
    boolean varies(Instr operation) {
        return operation instanceof Instr.Load load ? !uniform(load)
                : operation.definitions().stream().anyMatch(reg -> !flow.uniform(reg));
    }

    /** The kind in which a loaded register is read first here, so that it is loaded as that. */
    Kind loadedAs(Reg reg, Instr.Load load) {
        if (load.type().bits() < 32) {
            return Kind.I;
        }
        Kind[] first = {null};
        for (Instr operation : operations) {
            if (operation instanceof Instr.Compute compute) {
                compute.value().reads(read -> {
                    if (read.reg() == reg && first[0] == null) {
                        first[0] = read.kind();
                    }
                });
            }
        }
        return first[0] == null ? reg.bitsKind() : first[0];
    }

    Access accessOf(Instr.Load load) {
        for (Access access : accesses) {
            if (access.space() == load.space() && access.base() == load.address().base()) {
                return access;
            }
        }
        Access access = new Access(load.space(), load.address().base(), accesses.size());
        accesses.add(access);
        return access;
    }

    void liveAfter(BitSet live) {
        liveAfter = live;
    }

    /** Whether a register that is defined here is read later. */
    boolean liveAfter(Reg reg) {
        return liveAfter.get(reg.index());
    }
}
