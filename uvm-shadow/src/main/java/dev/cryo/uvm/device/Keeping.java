package dev.cryo.uvm.device;

import dev.cryo.uvm.Span;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * What becomes of pages that work may write: they are taken away, or kept and brought up to date when it has ended.
 * Guarded by its owner's lock.
 */
final class Keeping {
    private final Regions regions;
    private final Writers writers;
    private final Shadow shadow;
    private final boolean wholeRegions;
    private final Consumer<IOException> failures;

    Keeping(Regions regions, Writers writers, Shadow shadow, boolean wholeRegions, Consumer<IOException> failures) {
        this.regions = regions;
        this.writers = writers;
        this.shadow = shadow;
        this.wholeRegions = wholeRegions;
        this.failures = failures;
    }

    /** Gives pages to work that may write them: takes them away, or keeps them to be brought up to date at its end. */
    void surrender(Region region, int first, int end, Turn turn) throws IOException {
        int away = first;
        for (int from = first; from < end; ) {
            int block = Blocks.of(from);
            int to = Math.min(end, Blocks.firstPage(block + 1));
            if (isKept(region, block, from, to, turn)) {
                shadow.invalidate(region, away, from);
                away = to;
                shadow.flush(region, from, to);
                region.blocks().keep(block, turn);
                turn.kept().add(new Turn.Kept(region, block));
            }
            from = to;
        }
        shadow.invalidate(region, away, end);
    }

    /** Whether pages from {@code first} to before {@code end}, of one block, are kept while work writes them. */
    private boolean isKept(Region region, int block, int first, int end, Turn turn) {
        int blockEnd = Math.min(region.pages(), Blocks.firstPage(block + 1));
        if (wholeRegions || first != Blocks.firstPage(block) || end != blockEnd) {
            return false;
        }
        Span span = region.span(first, end);
        Turn keeper = region.blocks().keeper(block);
        if (keeper != null) {
            // Who asked in between learns of the first one's end, and would then see contents from before it.
            return keeper.question() == turn.question() && writers.areOnly(turn.stream(), region, span);
        }
        int present = Region.count(region.present(), first, end);
        int written = Region.count(region.dirty(), first, end);
        return writers.of(region, span).isEmpty()
                && region.blocks().isWorthKeeping(block, present, end - first, written);
    }

    /** Brings up to date what was kept for work that has ended, unless later work has it now. */
    void end(Turn turn) throws IOException {
        for (Turn.Kept kept : turn.kept()) {
            Region region = kept.region();
            if (region.blocks().keeper(kept.block()) == turn && regions.has(region)) {
                region.blocks().keep(kept.block(), null);
                int first = Blocks.firstPage(kept.block());
                refresh(region, first, Math.min(region.pages(), first + Blocks.PAGES));
            }
        }
    }

    private void refresh(Region region, int first, int end) throws IOException {
        try {
            shadow.refresh(region, first, end);
        } catch (IOException e) {
            failures.accept(e);
            shadow.invalidate(region, first, end); // Who wants them gets to know.
        }
    }
}
