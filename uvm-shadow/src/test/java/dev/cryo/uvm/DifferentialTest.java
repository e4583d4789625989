package dev.cryo.uvm;

import dev.cryo.uvm.model.NeedsUserfaultfd;
import dev.cryo.uvm.model.Rig;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random programs give what a plain model gives, exactly, while the garbage collector is kept busy. */
class DifferentialTest {
    /** Set the system property to run a seed again. */
    private static final long SEED = Long.getLong("cryo.seed", System.nanoTime());

    private static void compare(Policy policy, int threads, int operations, int checkpoints) throws Exception {
        System.out.println("-Dcryo.seed=" + SEED);
        try (Rig rig = Rig.start(policy);
                Garbage garbage = Garbage.produce()) {
            new RandomPrograms(rig, threads, policy != Policy.EAGER).run(SEED, operations, checkpoints);
        }
    }

    @Test
    @NeedsUserfaultfd
    @Timeout(60)
    void fourThreadsThatShareEveryPage() throws Exception {
        compare(Policy.PAGES, 4, 20_000, 0);
    }

    @Test
    @NeedsUserfaultfd
    @Timeout(60)
    void fourThreadsThroughManySuspensions() throws Exception {
        compare(Policy.PAGES, 4, 8_000, 20);
    }

    @Test
    @NeedsUserfaultfd
    @Timeout(60)
    void fourThreadsWithWholeRegions() throws Exception {
        compare(Policy.REGIONS, 4, 5_000, 5);
    }

    @Test
    @Timeout(60)
    void oneThreadWithoutPageFaults() throws Exception {
        compare(Policy.EAGER, 1, 2_000, 3);
    }

    @Test
    @Tag("soak")
    @NeedsUserfaultfd
    void fourThreadsForLong() throws Exception {
        compare(Policy.PAGES, 4, 100_000, 0);
    }

    @Test
    @Tag("soak")
    @NeedsUserfaultfd
    void fourThreadsForLongThroughManySuspensions() throws Exception {
        compare(Policy.PAGES, 4, 100_000, 300);
    }
}
