package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.flow.Flow;
import dev.cryo.lower.ptx.ir.KernelIr;
import java.util.BitSet;
import java.util.List;

/**
 * A kernel ready to run: its steps and how many registers of each sort a thread block needs. Immutable; loops are
 * generated when they are first executed.
 */
public final class Program {
    private final KernelIr kernel;
    private final List<Step> steps;
    private final BitSet yieldingLoops;
    private final Specials specials;
    private final int intRows;
    private final int longRows;
    private final int uniformInts;
    private final int uniformLongs;
    private final int maxAccesses;

    Program(KernelIr kernel, List<Step> steps, BitSet yieldingLoops, Specials specials, RegisterRows rows,
            int maxAccesses) {
        this.kernel = kernel;
        this.steps = List.copyOf(steps);
        this.yieldingLoops = yieldingLoops;
        this.specials = specials;
        this.intRows = rows.intRows();
        this.longRows = rows.longRows();
        this.uniformInts = rows.uniformInts();
        this.uniformLongs = rows.uniformLongs();
        this.maxAccesses = maxAccesses;
    }

    /** Prepares a kernel. */
    public static Program of(KernelIr kernel) {
        return new ProgramBuilder(Flow.analyze(kernel)).build();
    }

    String name() {
        return kernel.name();
    }

    Step[] steps() {
        return steps.toArray(Step[]::new);
    }

    /** Whether a loop begins here in which lanes may wait for others. */
    boolean yieldsAt(int pc) {
        return yieldingLoops.get(pc);
    }

    Specials specials() {
        return specials;
    }

    int parameterBytes() {
        return kernel.parameterBytes();
    }

    int localBytes() {
        return kernel.localBytes();
    }

    int intRows() {
        return intRows;
    }

    int longRows() {
        return longRows;
    }

    int uniformInts() {
        return uniformInts;
    }

    int uniformLongs() {
        return uniformLongs;
    }

    int maxAccesses() {
        return maxAccesses;
    }

    /** 32-bit registers that a thread occupies, for what asks how many a kernel uses. */
    public int registersPerThread() {
        return Math.min(255, intRows + 2 * longRows + 8);
    }
}
