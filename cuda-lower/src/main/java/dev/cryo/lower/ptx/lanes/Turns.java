package dev.cryo.lower.ptx.lanes;

/**
 * Decides whether a thread whose blocks wait starts another block or goes on with those it has. New ones are started
 * only after all that wait have had a turn in vain, and then twice as many each time: what waits for earlier blocks
 * needs few blocks at a time, a barrier over the whole grid needs all of them soon.
 */
final class Turns {
    private static final int LARGEST_BURST = 1024;

    private int burst = 1;
    private int toStart = 1;
    private int inVain;

    /** Whether it is a new block's turn, with {@code waiting} blocks put aside. */
    boolean startNew(int waiting) {
        if (waiting == 0) {
            return true;
        }
        if (inVain >= waiting) {
            inVain = 0;
            toStart = burst;
            burst = Math.min(burst * 2, LARGEST_BURST);
        }
        if (toStart > 0) {
            toStart--;
            return true;
        }
        return false;
    }

    /** A block has ended, so those that wait for it may go on. */
    void ended() {
        burst = 1;
        inVain = 0;
    }

    /** A block had its turn and waits still. */
    void waited() {
        inVain++;
    }
}
