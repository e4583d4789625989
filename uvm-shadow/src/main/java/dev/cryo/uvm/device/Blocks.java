package dev.cryo.uvm.device;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The blocks of a region, of {@value #PAGES} pages each. Where the application uses most of a block, it costs more to
 * take its pages away and to bring them again than to keep them while the device writes, protected and with old
 * contents, and to copy over them when that work has ended. Guarded by its owner's lock.
 */
final class Blocks {
    /** 2 MiB of pages. */
    static final int PAGES = Windows.MOST_PAGES;

    /** How often in a row a block is kept that the application may only read, if at all: nothing tells of that. */
    private static final byte CREDIT = 8;

    /** What it costs that the application has written here and there: it has little use for the rest. */
    private static final byte SCATTERED = 4;

    private final byte[] credit;
    private final @Nullable Turn[] keepers;

    Blocks(int pages) {
        int blocks = (pages + PAGES - 1) / PAGES;
        credit = new byte[blocks];
        Arrays.fill(credit, CREDIT);
        keepers = new Turn[blocks];
    }

    static int of(int page) {
        return page / PAGES;
    }

    static int firstPage(int block) {
        return block * PAGES;
    }

    /** The latest work that a block is kept for; null if it is not kept. */
    @Nullable Turn keeper(int block) {
        return keepers[block];
    }

    /** Says what a block is kept for from now on, if at all. */
    void keep(int block, @Nullable Turn keeper) {
        keepers[block] = keeper;
    }

    /** The first page of a range that is in a kept block; the range's end if none is. */
    int firstKept(int first, int end) {
        for (int block = of(first); firstPage(block) < end; block++) {
            if (keepers[block] != null) {
                return Math.max(first, firstPage(block));
            }
        }
        return end;
    }

    /**
     * Whether a block should be kept now that the device is about to write it.
     *
     * @param present how many of its pages are there
     * @param pages how many it has
     * @param written how many the application has written to since this was asked last
     */
    boolean isWorthKeeping(int block, int present, int pages, int written) {
        if (2 * present < pages) {
            return false;
        }
        if (2 * written >= pages) {
            credit[block] = CREDIT;
        } else if (credit[block] <= 0) {
            credit[block] = CREDIT; // Taken away once: if it is there again the next time, somebody uses it.
            return false;
        }
        credit[block] -= written == 0 || 2 * written >= pages ? 1 : SCATTERED;
        return true;
    }
}
