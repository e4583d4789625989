package dev.cryo.lower.ptx.flow;

import dev.cryo.lower.ptx.ir.Instr;
import dev.cryo.lower.ptx.ir.KernelIr;
import dev.cryo.lower.ptx.ir.Reg;
import dev.cryo.lower.ptx.ir.SpecialReg;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the registers that need to be held only once for all lanes of a thread block.
 *
 * <p>A register is invariant when it is computed in one place from constants, parameters and other invariants: then it
 * does not matter who computes it and how often. It is uniform when all its definitions compute the same value for all
 * lanes and stand in blocks that all (living) lanes pass together. A branch whose condition differs between lanes makes
 * all blocks up to its post-dominator divergent; a way that only ends the thread does not count, since who goes there
 * sees no register again. A loop in which lanes may wait for each other lets them drift apart from there on.
 */
final class Uniformity {
    private final KernelIr kernel;
    private final List<Block> blocks;
    private final Ordering ordering;
    private final BitSet varying = new BitSet();
    private final BitSet invariant = new BitSet();
    private final PostDominators joins;

    Uniformity(KernelIr kernel, List<Block> blocks, Ordering ordering) {
        this.kernel = kernel;
        this.blocks = blocks;
        this.ordering = ordering;
        this.joins = new PostDominators(blocks, this::onlyExits);
    }

    BitSet analyze() {
        findInvariants();
        kernel.specials().forEach((special, reg) -> varying.set(reg.index(), special.varying()));
        if (!ordering.reducible()) {
            blocks.forEach(block -> block.divergent(true));
        }
        boolean changed = true;
        while (changed) {
            changed = propagate();
            changed |= diverge();
        }
        BitSet uniform = new BitSet();
        uniform.set(0, kernel.registers().size());
        uniform.andNot(varying);
        return uniform;
    }

    private boolean onlyExits(Block block) {
        return block.end() - block.first() == 1 && block.successors().isEmpty()
                && kernel.instructions().get(block.first()) instanceof Instr.Exit;
    }

    private void findInvariants() {
        int[] definitions = new int[kernel.registers().size()];
        for (Instr instr : kernel.instructions()) {
            instr.definitions().forEach(reg -> definitions[reg.index()]++);
        }
        kernel.symbols().values().forEach(reg -> invariant.set(reg.index()));
        for (SpecialReg special : kernel.specials().keySet()) {
            Reg reg = kernel.specials().get(special);
            if (!special.varying() && reg != null) {
                invariant.set(reg.index());
            }
        }
        boolean changed = true;
        while (changed) {
            changed = false;
            for (Instr instr : kernel.instructions()) {
                if (instr.definitions().isEmpty() || !repeatable(instr) || !allUsesIn(invariant, instr)) {
                    continue;
                }
                for (Reg reg : instr.definitions()) {
                    if (definitions[reg.index()] == 1 && !invariant.get(reg.index())) {
                        invariant.set(reg.index());
                        changed = true;
                    }
                }
            }
        }
    }

    /** Whether executing this again gives the same again. */
    private static boolean repeatable(Instr instr) {
        return switch (instr) {
            case Instr.Compute compute -> compute.value().pure();
            case Instr.Load load -> load.constant() && load.guard() == null;
            default -> false;
        };
    }

    private static boolean allUsesIn(BitSet set, Instr instr) {
        boolean[] all = {true};
        instr.uses(reg -> all[0] &= set.get(reg.index()));
        return all[0];
    }

    private static boolean anyUseIn(BitSet set, Instr instr) {
        boolean[] any = {false};
        instr.uses(reg -> any[0] |= set.get(reg.index()));
        return any[0];
    }

    private boolean propagate() {
        boolean changed = false;
        for (Block block : blocks) {
            for (int i = block.first(); i < block.end(); i++) {
                Instr instr = kernel.instructions().get(i);
                for (Reg reg : instr.definitions()) {
                    if (!varying.get(reg.index()) && definesVarying(block, instr, reg)) {
                        varying.set(reg.index());
                        changed = true;
                    }
                }
            }
        }
        return changed;
    }

    private boolean definesVarying(Block block, Instr instr, Reg reg) {
        if (block.divergent() && !invariant.get(reg.index())) {
            return true;
        }
        return switch (instr) {
            case Instr.Compute compute -> anyUseIn(varying, instr);
            case Instr.Load load -> load.guard() != null || load.strong() || !oneAddress(load.space())
                    || anyUseIn(varying, instr) || load.definitions().stream().anyMatch(d -> varying.get(d.index()));
            default -> true;
        };
    }

    private static boolean oneAddress(Instr.Space space) {
        return switch (space) {
            case GLOBAL, SHARED, PARAM -> true;
            case LOCAL, GENERIC -> false;
        };
    }

    private boolean diverge() {
        boolean changed = false;
        for (Block block : blocks) {
            if (branchesApart(block)) {
                changed |= markUntil(block, joins.of(block));
            }
        }
        for (Loop loop : ordering.loops()) {
            if (!loop.header.yields() && waits(loop)) {
                loop.header.yields(true);
                changed = true;
                loop.header.divergent(true);
                markUntil(loop.header, null);
            }
        }
        return changed;
    }

    private boolean branchesApart(Block block) {
        return joins.ways(block) > 1 && conditionVaries(block);
    }

    private boolean conditionVaries(Block block) {
        if (block.end() == block.first()) {
            return false;
        }
        Instr.@Nullable Guard guard = kernel.instructions().get(block.end() - 1).guard();
        return guard != null && varying.get(guard.predicate().index());
    }

    /** Whether lanes leave this loop at different times, after looking at what others write. */
    private boolean waits(Loop loop) {
        boolean looks = false;
        boolean leavesApart = false;
        for (Block block : loop.blocks) {
            leavesApart |= conditionVaries(block) && block.successors().stream().anyMatch(s -> !loop.blocks.contains(s))
                    || block.divergent() && block.successors().stream().anyMatch(s -> !loop.blocks.contains(s));
            for (int i = block.first(); i < block.end(); i++) {
                Instr instr = kernel.instructions().get(i);
                looks |= instr instanceof Instr.Atomic || instr instanceof Instr.Load load && load.strong();
            }
        }
        return looks && leavesApart;
    }

    private boolean markUntil(Block from, @Nullable Block join) {
        boolean changed = false;
        Set<Block> seen = new HashSet<>();
        Deque<Block> work = new ArrayDeque<>(from.successors());
        while (!work.isEmpty()) {
            Block block = work.pop();
            if (block != join && seen.add(block)) {
                changed |= !block.divergent();
                block.divergent(true);
                work.addAll(block.successors());
            }
        }
        return changed;
    }
}
