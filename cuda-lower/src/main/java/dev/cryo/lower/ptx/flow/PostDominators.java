package dev.cryo.lower.ptx.flow;

import java.util.BitSet;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Where the ways that leave a block join again, not counting ways that only end the thread. */
final class PostDominators {
    private final List<Block> blocks;
    private final Predicate<Block> ignored;
    private final BitSet[] sets;

    PostDominators(List<Block> blocks, Predicate<Block> ignored) {
        this.blocks = blocks;
        this.ignored = ignored;
        this.sets = new BitSet[blocks.size()];
        solve();
    }

    /** The number of ways that count. */
    long ways(Block block) {
        return block.successors().stream().distinct().filter(s -> !ignored.test(s)).count();
    }

    private void solve() {
        int count = blocks.size();
        for (int i = 0; i < count; i++) {
            sets[i] = new BitSet(count);
            sets[i].set(0, count);
        }
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int i = count - 1; i >= 0; i--) {
                Block block = blocks.get(i);
                BitSet common = new BitSet(count);
                boolean first = true;
                for (Block successor : block.successors()) {
                    if (!ignored.test(successor)) {
                        if (first) {
                            common.or(sets[successor.order()]);
                            first = false;
                        } else {
                            common.and(sets[successor.order()]);
                        }
                    }
                }
                common.set(i);
                if (!common.equals(sets[i])) {
                    sets[i] = common;
                    changed = true;
                }
            }
        }
    }

    /** The nearest block that all counting ways from {@code block} pass, or null when there is none. */
    @Nullable Block of(Block block) {
        BitSet candidates = (BitSet) sets[block.order()].clone();
        candidates.clear(block.order());
        // The nearest one is post-dominated by all the others.
        for (int i = candidates.nextSetBit(0); i >= 0; i = candidates.nextSetBit(i + 1)) {
            BitSet others = (BitSet) candidates.clone();
            others.andNot(sets[i]);
            if (others.isEmpty()) {
                return reachesEnd(i) ? blocks.get(i) : null;
            }
        }
        return null;
    }

    /** In a loop without an end everything post-dominates everything; then nothing is known. */
    private boolean reachesEnd(int index) {
        return sets[index].cardinality() < blocks.size() || blocks.size() == 1;
    }
}
