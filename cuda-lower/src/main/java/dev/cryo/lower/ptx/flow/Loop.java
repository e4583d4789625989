package dev.cryo.lower.ptx.flow;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A natural loop; the whole kernel counts as one that has no back-edge. */
final class Loop {
    final Block header;
    final Set<Block> blocks = new LinkedHashSet<>();
    final List<Block> latches = new ArrayList<>();
    @Nullable Loop parent;

    Loop(Block header) {
        this.header = header;
    }

    /** The loop directly inside this one that holds {@code block}, or null when the block is directly in this loop. */
    @Nullable Loop childHolding(Block block) {
        Loop inner = block.loop;
        if (inner == this) {
            return null;
        }
        while (inner != null && inner.parent != this) {
            inner = inner.parent;
        }
        return inner;
    }
}
