package dev.cryo.uvm;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.linux.VirtualMemory;
import dev.cryo.uvm.device.Access;
import dev.cryo.uvm.device.Reach;
import dev.cryo.uvm.model.NeedsUserfaultfd;
import dev.cryo.uvm.model.Rig;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Prints what a page costs; medians of a few rounds. */
@Tag("soak")
@NeedsUserfaultfd
class ThroughputTest {
    private static final long PAGES = 64 * 1024;
    private static final long PAGE = VirtualMemory.PAGE_BYTES;
    private static final int ROUNDS = 7;
    private static final Access WRITES = new Access(1, Reach.NOTHING, Reach.ALL);
    private static final Access READS = new Access(1, Reach.ALL, Reach.NOTHING);

    /** A measured step. */
    private interface Work {
        void run() throws Exception;
    }

    private static long median(Work before, Work measured) throws Exception {
        long[] times = new long[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            before.run();
            long start = System.nanoTime();
            measured.run();
            times[i] = System.nanoTime() - start;
        }
        Arrays.sort(times);
        return times[ROUNDS / 2];
    }

    @Test
    void costOfPages() throws Exception {
        try (Rig rig = Rig.start(Policy.PAGES)) {
            Span region = rig.region(0, PAGES);
            MemorySegment memory = VirtualMemory.at(region.address(), region.bytes());
            Work invalidate = () -> launch(rig, WRITES);
            Work touch = () -> {
                for (long page = 0; page < PAGES; page++) {
                    memory.set(JAVA_LONG, page * PAGE, page);
                }
            };
            Work clean = () -> {
                touch.run();
                launch(rig, READS);
            };
            long[] sum = {0};
            Work walk = () -> {
                for (long at = 0; at < region.bytes(); at += Long.BYTES) {
                    sum[0] += memory.get(JAVA_LONG, at);
                }
            };
            int[] scattered = new SplittableRandom(3).ints(2000, 0, (int) PAGES).toArray();
            Work scatter = () -> {
                for (int page : scattered) {
                    sum[0] += memory.get(JAVA_LONG, page * PAGE);
                }
            };
            Work scatterWrites = () -> {
                for (int page : scattered) {
                    memory.set(JAVA_LONG, page * PAGE, 1);
                }
            };
            touch.run();
            print("walk over present pages", median(() -> {}, walk), region.bytes());
            print("sequential fetch", median(invalidate, walk), region.bytes());
            print("sequential first write of invalid pages", median(invalidate, touch), region.bytes());
            print("sequential first write of clean pages", median(clean, touch), region.bytes());
            print("flush of everything", median(touch, () -> launch(rig, READS)), region.bytes());
            print("flush and invalidation of everything", median(touch, () -> launch(rig, WRITES)), region.bytes());
            System.out.printf("scattered fault: %.1f us%n", median(invalidate, scatter) / 1e3 / scattered.length);
            System.out.printf(
                    "scattered write to clean: %.1f us%n", median(clean, scatterWrites) / 1e3 / scattered.length);
            Work scatterAgain = () -> {
                invalidate.run();
                scatterWrites.run();
            };
            print("flush of 2000 scattered", median(scatterAgain, () -> launch(rig, READS)), 2000 * PAGE);
            print("invalidation of 2000 scattered", median(scatterAgain, () -> launch(rig, WRITES)), 2000 * PAGE);
            System.out.printf("launch: %.0f us%n", median(() -> {}, () -> launch(rig, WRITES)) / 1e3);
            assertThat(sum[0]).isNotZero();
        }
    }

    private static void launch(Rig rig, Access access) {
        rig.device().launch(access, List.of(), 0);
    }

    private static void print(String what, long nanoseconds, long bytes) {
        System.out.printf("%s: %.2f GB/s, %.2f ms%n", what, (double) bytes / nanoseconds, nanoseconds / 1e6);
    }
}
