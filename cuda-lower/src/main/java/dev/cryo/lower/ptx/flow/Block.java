package dev.cryo.lower.ptx.flow;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A basic block: instructions {@code first} to {@code end}, the last of which may go elsewhere. */
public final class Block {
    private final int first;
    private final int end;
    private final List<Block> successors = new ArrayList<>();
    private final List<Block> predecessors = new ArrayList<>();
    private int order = -1;
    private boolean divergent;
    private boolean yields;
    private BitSet liveOut = new BitSet();

    // Scratch of the analyses.
    @Nullable Block dominator;
    @Nullable Loop loop;
    int number;

    Block(int first, int end) {
        this.first = first;
        this.end = end;
    }

    static void connect(Block from, Block to) {
        from.successors.add(to);
        to.predecessors.add(from);
    }

    void redirect(Block from, Block to) {
        successors.replaceAll(s -> s == from ? to : s);
        from.predecessors.remove(this);
        to.predecessors.add(this);
    }

    /** Index of the first instruction. */
    public int first() {
        return first;
    }

    /** Index after the last instruction; a block made only to gather back-edges is empty. */
    public int end() {
        return end;
    }

    /** Where control may go: for a conditional branch the target first, then what follows. */
    public List<Block> successors() {
        return successors;
    }

    List<Block> predecessors() {
        return predecessors;
    }

    /** Position in the order in which blocks are laid out. */
    public int order() {
        return order;
    }

    void order(int position) {
        order = position;
    }

    /** Whether lanes of one thread block may be here at different times. */
    public boolean divergent() {
        return divergent;
    }

    void divergent(boolean value) {
        divergent = value;
    }

    /** Whether this begins a loop in which lanes may wait for other lanes or blocks. */
    public boolean yields() {
        return yields;
    }

    void yields(boolean value) {
        yields = value;
    }

    /** The registers that are read later, by index. */
    public BitSet liveOut() {
        return liveOut;
    }

    void liveOut(BitSet live) {
        liveOut = live;
    }
}
