package dev.cryo.uvm.device;

import java.util.Arrays;

/**
 * How many pages to serve per fault: few where faults are scattered, many where they walk on. Keeps in mind where the
 * last few walks will fault next, so that several threads can walk one region.
 */
final class Windows {
    /** 2 MiB of pages. */
    static final int MOST_PAGES = 512;

    private static final int GROWTH = 4;
    private static final int WALKS = 8;

    private final int[] next = new int[WALKS];
    private final int[] pages = new int[WALKS];
    private int current;

    Windows() {
        Arrays.fill(next, -1);
    }

    /** The pages to serve for a fault at a page. */
    int open(int page) {
        for (int walk = 0; walk < WALKS; walk++) {
            if (next[walk] == page) {
                current = walk;
                pages[walk] = Math.min(MOST_PAGES, pages[walk] * GROWTH);
                return pages[walk];
            }
        }
        current = (current + 1) % WALKS;
        pages[current] = 1;
        return 1;
    }

    /** Says where the walk of the fault just served would fault next. */
    void expect(int page) {
        next[current] = page;
    }
}
