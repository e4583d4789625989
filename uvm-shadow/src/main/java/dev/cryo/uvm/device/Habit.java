package dev.cryo.uvm.device;

/**
 * Whether the application soon writes to pages that it reads here and there. Then they are brought writable at once,
 * which saves a fault each. Every eighth one is brought protected all the same, to see whether that still holds.
 * Guarded by its owner's lock.
 */
final class Habit {
    private static final int TRUSTED = 3;
    private static final int MOST = 6;
    private static final int LOOK_EVERY = 8;

    private final Region region;
    private int trust;
    private int turns;
    private int probe = -1;

    Habit(Region region) {
        this.region = region;
    }

    /** Whether a page that is read should be brought writable. */
    boolean writes(int page) {
        if (trust < TRUSTED) {
            return false;
        }
        if (turns++ % LOOK_EVERY != 0) {
            return true;
        }
        if (probe >= 0 && region.present().get(probe) && !region.dirty().get(probe)) {
            trust -= 2;
        }
        probe = page;
        return false;
    }

    /** Takes note of a write to a page that was brought protected. */
    void written() {
        trust = Math.min(MOST, trust + 1);
    }
}
