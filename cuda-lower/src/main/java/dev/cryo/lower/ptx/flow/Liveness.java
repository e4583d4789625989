package dev.cryo.lower.ptx.flow;

import dev.cryo.lower.ptx.ir.Instr;
import dev.cryo.lower.ptx.ir.KernelIr;
import dev.cryo.lower.ptx.ir.Reg;
import java.util.BitSet;
import java.util.List;

/** Finds which registers are read later. */
public final class Liveness {
    private Liveness() {
    }

    static void analyze(KernelIr kernel, List<Block> blocks) {
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int b = blocks.size() - 1; b >= 0; b--) {
                Block block = blocks.get(b);
                BitSet out = new BitSet();
                for (Block successor : block.successors()) {
                    out.or(liveIn(kernel, successor));
                }
                if (!out.equals(block.liveOut())) {
                    block.liveOut(out);
                    changed = true;
                }
            }
        }
    }

    private static BitSet liveIn(KernelIr kernel, Block block) {
        BitSet live = (BitSet) block.liveOut().clone();
        for (int i = block.end() - 1; i >= block.first(); i--) {
            before(live, kernel.instructions().get(i));
        }
        return live;
    }

    /** Turns what is live after an instruction into what is live before it. */
    public static void before(BitSet live, Instr instruction) {
        // Under a guard lanes keep the old value, so the old value is read.
        boolean keeps = instruction.guard() != null;
        for (Reg defined : instruction.definitions()) {
            live.set(defined.index(), keeps);
        }
        instruction.uses(used -> live.set(used.index()));
    }
}
