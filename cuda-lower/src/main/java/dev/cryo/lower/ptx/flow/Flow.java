package dev.cryo.lower.ptx.flow;

import dev.cryo.lower.ptx.ir.Instr;
import dev.cryo.lower.ptx.ir.KernelIr;
import dev.cryo.lower.ptx.ir.Reg;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The control flow of a kernel: its reachable blocks in the order in which they are laid out, which registers are
 * uniform, and what is live.
 *
 * <p>The order is what makes lanes meet again: the group with the lowest position runs first, so every block between a
 * branch and the point where its ways join must come before that point. Blocks are ordered topologically, each loop in
 * one piece, and a loop with several back-edges gets an empty block at its end where these meet.
 */
public final class Flow {
    private final KernelIr kernel;
    private final List<Block> blocks;
    private final BitSet uniform;

    private Flow(KernelIr kernel, List<Block> blocks, BitSet uniform) {
        this.kernel = kernel;
        this.blocks = blocks;
        this.uniform = uniform;
    }

    /** Analyses a kernel. */
    public static Flow analyze(KernelIr kernel) {
        Block entry = split(kernel.instructions());
        Ordering ordering = Ordering.of(entry);
        List<Block> ordered = ordering.blocks();
        BitSet uniform = new Uniformity(kernel, ordered, ordering).analyze();
        Liveness.analyze(kernel, ordered);
        return new Flow(kernel, ordered, uniform);
    }

    /** The kernel that was analysed. */
    public KernelIr kernel() {
        return kernel;
    }

    /** The blocks in the order of their layout; the entry is the first. */
    public List<Block> blocks() {
        return blocks;
    }

    /** Whether all lanes of a thread block that execute an instruction together see the same value in this register. */
    public boolean uniform(Reg register) {
        return uniform.get(register.index());
    }

    private static Block split(List<Instr> instructions) {
        BitSet starts = new BitSet();
        starts.set(0);
        for (int i = 0; i < instructions.size(); i++) {
            if (instructions.get(i) instanceof Instr.Branch branch) {
                starts.set(branch.target());
                starts.set(i + 1);
            } else if (instructions.get(i) instanceof Instr.Exit || instructions.get(i) instanceof Instr.Trap) {
                starts.set(i + 1);
            }
        }
        starts.clear(instructions.size(), starts.length() + 1);
        @Nullable Block[] at = new Block[instructions.size() + 1];
        List<Block> all = new ArrayList<>();
        for (int s = starts.nextSetBit(0); s >= 0; s = starts.nextSetBit(s + 1)) {
            int next = starts.nextSetBit(s + 1);
            Block block = new Block(s, next < 0 ? instructions.size() : next);
            at[s] = block;
            all.add(block);
        }
        for (Block block : all) {
            connect(block, instructions.get(block.end() - 1), at);
        }
        return all.getFirst();
    }

    private static void connect(Block block, Instr last, @Nullable Block[] at) {
        boolean falls = true;
        if (last instanceof Instr.Branch branch) {
            connectTo(block, at[branch.target()]);
            falls = branch.guard() != null;
        } else if (last instanceof Instr.Exit || last instanceof Instr.Trap) {
            falls = last.guard() != null;
        }
        if (falls) {
            connectTo(block, at[block.end()]);
        }
    }

    private static void connectTo(Block from, @Nullable Block to) {
        if (to != null) {
            Block.connect(from, to);
        }
    }
}
