package dev.cryo.uvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.streamlog.linux.SharedMemory;
import dev.cryo.streamlog.linux.VirtualMemory;
import dev.cryo.uvm.device.Access;
import dev.cryo.uvm.device.Reach;
import dev.cryo.uvm.model.DeviceProcess;
import dev.cryo.uvm.model.NeedsUserfaultfd;
import dev.cryo.uvm.model.Rig;
import dev.cryo.uvm.model.Step;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

@NeedsUserfaultfd
@Timeout(30)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PagedMemoryTest {
    private static final long PAGE = VirtualMemory.PAGE_BYTES;
    private static final long PAGES = 64;

    private Rig rig;
    private DeviceProcess device;
    private Span region;

    @BeforeAll
    void start() throws Exception {
        rig = Rig.start(Policy.PAGES);
        device = rig.device();
    }

    @BeforeEach
    void map() throws Exception {
        region = rig.region(16, PAGES);
        long unused = device.bytesFetched() + device.bytesFlushed();
    }

    @AfterEach
    void unmap() throws Exception {
        rig.free(region);
    }

    @AfterAll
    void stop() throws Exception {
        rig.close();
    }

    private long cell(long page, long index) {
        return region.address() + page * PAGE + index * 8;
    }

    @Test
    void theApplicationReadsWhatTheDeviceHolds() {
        device.poke(cell(3, 7), 42);

        assertThat(Rig.get(cell(3, 7))).isEqualTo(42);
        assertThat(device.bytesFetched()).isEqualTo(PAGE);
    }

    @Test
    void aKernelReadsWhatTheApplicationHasWritten() {
        Rig.set(cell(5, 1), 20);

        rig.run(new Step(cell(6, 2), cell(5, 1), 2, 1));

        assertThat(Rig.get(cell(6, 2))).isEqualTo(41);
        assertThat(device.bytesFlushed()).isEqualTo(PAGE);
    }

    @Test
    void aFirstWriteToAPartOfAPageKeepsTheRestOfIt() {
        device.poke(cell(2, 0), 1);
        device.poke(cell(2, 2), 3);

        Rig.set(cell(2, 1), 2);
        rig.run();

        assertThat(List.of(device.peek(cell(2, 0)), device.peek(cell(2, 1)), device.peek(cell(2, 2))))
                .containsExactly(1L, 2L, 3L);
    }

    @Test
    void aPageThatTheApplicationWroteAndThenPollsShowsWhatTheDeviceWritesLater() {
        for (int round = 1; round <= 20; round++) {
            Rig.set(cell(1, 0), -round);
            device.launch(new Access(1, Reach.ALL, Reach.ALL), List.of(Step.set(cell(1, 0), round)), 1000);
            while (Rig.get(cell(1, 0)) != round) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void aFlagBringsItsPageAndNotItsRegion() {
        for (int round = 1; round <= 10; round++) {
            rig.run(Step.set(cell(9, 0), round));
            assertThat(Rig.get(cell(9, 0))).isEqualTo(round);
        }

        assertThat(device.bytesFetched()).isEqualTo(10 * PAGE);
    }

    @Test
    void twoRegionsSideBySideAreTwo() throws Exception {
        Span next = rig.region(16 + PAGES, 1);
        try {
            Rig.set(cell(PAGES - 1, 511), 1);
            Rig.set(next.address(), 2);
            device.launch(new Access(1, Reach.NOTHING, Reach.of(next)), List.of(), 0);
            device.sync(1);

            assertThat(device.peek(next.address())).isEqualTo(2);
            assertThat(device.peek(cell(PAGES - 1, 511))).isZero();
            assertThat(Rig.get(next.address())).isEqualTo(2);
            rig.run();
            assertThat(device.peek(cell(PAGES - 1, 511))).isEqualTo(1);
        } finally {
            rig.free(next);
        }
    }

    @Test
    void aPageStaysWhileKernelsOnlyRead() {
        Rig.set(cell(0, 0), 1);
        for (int round = 0; round < 10; round++) {
            device.launch(new Access(1, Reach.ALL, Reach.NOTHING), List.of(), 0);
            assertThat(Rig.get(cell(0, 0))).isEqualTo(1);
        }

        assertThat(device.bytesFetched()).isEqualTo(PAGE);
        assertThat(device.bytesFlushed()).isEqualTo(PAGE);
    }

    @Test
    void aWalkOverARegionNeedsFewFaults() {
        long sum = 0;
        for (long page = 0; page < PAGES; page++) {
            sum += Rig.get(cell(page, 0));
        }

        assertThat(sum).isZero();
        assertThat(device.bytesFetched()).isEqualTo(PAGES * PAGE);
    }

    @Test
    void anAccessWaitsForTheWorkThatMayWriteItAndNoOtherDoes() throws Exception {
        Span other = rig.region(16 + 2 * PAGES, 1);
        try {
            device.launchAtDoor(
                    new Access(1, Reach.NOTHING, Reach.of(region)), List.of(Step.set(cell(0, 0), 5)));
            CompletableFuture<Long> waits = CompletableFuture.supplyAsync(() -> Rig.get(cell(0, 0)));
            while (device.waiting() == 0) {
                TimeUnit.MILLISECONDS.sleep(1);
            }
            Rig.set(other.address(), 6);
            assertThat(waits).isNotDone();

            device.openDoor();

            assertThat(waits.get(5, TimeUnit.SECONDS)).isEqualTo(5);
        } finally {
            device.openDoor();
            rig.free(other);
        }
    }

    /** Else the pages would be kept, and show what was before both, until the second ends. */
    @Test
    void whoAsksBetweenTwoLaunchesOfAStreamWaitsForTheSecondAtAPage() throws Exception {
        for (int page = 0; page < PAGES; page++) {
            Rig.set(cell(page, 0), 1);
        }
        Access all = new Access(1, Reach.NOTHING, Reach.of(region));
        device.launch(all, List.of(Step.set(cell(3, 0), 2)), 0);
        device.sync(1);
        assertThat(Rig.get(cell(3, 0))).isEqualTo(2);
        device.launch(all, List.of(Step.set(cell(3, 0), 3)), 20_000);
        CompletableFuture<Void> asks = CompletableFuture.runAsync(() -> device.sync(1));
        TimeUnit.MILLISECONDS.sleep(5);
        device.launchAtDoor(all, List.of(Step.set(cell(4, 0), 4)));
        asks.get(5, TimeUnit.SECONDS);

        CompletableFuture<Long> read = CompletableFuture.supplyAsync(() -> Rig.get(cell(3, 0)));
        while (device.waiting() == 0 && !read.isDone()) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        device.openDoor();

        assertThat(read.get(5, TimeUnit.SECONDS)).isEqualTo(3);
        assertThat(Rig.get(cell(4, 0))).isEqualTo(4);
    }

    /** More is launched than the device gets done, so that the region is not free of work for four seconds. */
    @Test
    void whoWaitsForAPageIsServedAlthoughNewWorkAlwaysComes() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        Access all = new Access(1, Reach.NOTHING, Reach.of(region));
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(4);
        CompletableFuture<Void> launches = CompletableFuture.runAsync(() -> {
            for (long launched = 0; !stop.get() && System.nanoTime() < end; launched++) {
                device.launch(all, List.of(Step.set(cell(9, 0), launched)), 1000);
                if (launched % 16 == 15) {
                    device.launch(new Access(2, Reach.NOTHING, Reach.NOTHING), List.of(), 8_000);
                    device.sync(2);
                }
            }
        });
        TimeUnit.MILLISECONDS.sleep(50);
        long start = System.nanoTime();
        Rig.set(cell(1, 0), 5);
        long waited = System.nanoTime() - start;
        stop.set(true);
        launches.get(20, TimeUnit.SECONDS);
        device.sync(1);

        assertThat(waited).isLessThan(TimeUnit.SECONDS.toNanos(2));
        assertThat(Rig.get(cell(1, 0))).isEqualTo(5);
    }

    @Test
    void launchesOfAStreamInARowKeepThePagesThatTheApplicationUses() {
        for (int round = 0; round < 5; round++) {
            for (int page = 0; page < PAGES; page++) {
                Rig.set(cell(page, 0), Rig.get(cell(page, 0)) + 1);
            }
            device.launch(new Access(1, Reach.ALL, Reach.ALL), List.of(new Step(cell(3, 0), cell(3, 0), 1, 1)), 0);
            device.launch(new Access(1, Reach.ALL, Reach.ALL), List.of(new Step(cell(3, 0), cell(3, 0), 2, 0)), 0);
            device.sync(1);
        }

        long expected = 0;
        for (int round = 0; round < 5; round++) {
            expected = 2 * (expected + 2);
        }
        assertThat(List.of(Rig.get(cell(3, 0)), Rig.get(cell(4, 0)))).containsExactly(expected, 5L);
    }

    /** Counted by the bytes flushed: a page that was only read is not, while nothing tells that it will be written. */
    @Test
    void pagesThatAreReadAndThenWrittenAreSoonBroughtWritable() {
        for (int round = 0; round < 3; round++) {
            for (int page = 0; page < PAGES; page += 5) {
                Rig.set(cell(page, 0), Rig.get(cell(page, 0)) + 1);
            }
            rig.run();
        }
        long unused = device.bytesFlushed();

        assertThat(Rig.get(cell(3, 0))).isZero();
        assertThat(Rig.get(cell(11, 0))).isZero();
        rig.run();
        assertThat(device.bytesFlushed()).isPositive();

        for (int round = 0; round < 12; round++) {
            for (int page = 0; page < PAGES; page += 5) {
                assertThat(Rig.get(cell(page, 0))).isEqualTo(3);
            }
            rig.run();
        }
        long unusedToo = device.bytesFlushed();
        assertThat(Rig.get(cell(3, 0)) + Rig.get(cell(11, 0))).isZero();
        rig.run();
        assertThat(device.bytesFlushed()).isZero();
    }

    @Test
    void noWriteIsLostWhileLaunchesTakeItsPageAway() throws Exception {
        long launches = 0;
        AtomicBoolean stop = new AtomicBoolean();
        List<CompletableFuture<Long>> writers = List.of(counting(cell(4, 0), stop), counting(cell(4, 9), stop));
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(700);
        while (System.nanoTime() < end) {
            launches++;
            rig.run(new Step(cell(4, 5), cell(4, 5), 1, 1));
        }
        stop.set(true);

        List<Long> written = List.of(writers.get(0).get(), writers.get(1).get());
        assertThat(List.of(Rig.get(cell(4, 0)), Rig.get(cell(4, 9)))).isEqualTo(written);
        assertThat(Rig.get(cell(4, 5))).isEqualTo(launches).isGreaterThan(100);
    }

    private static CompletableFuture<Long> counting(long cell, AtomicBoolean stop) {
        return CompletableFuture.supplyAsync(() -> {
            long count = 0;
            while (!stop.get()) {
                Rig.set(cell, Rig.get(cell) + 1);
                count++;
            }
            return count;
        });
    }

    @Test
    void pagesThatTheDeviceCannotGiveAreABusErrorAndNoZeros() throws Exception {
        device.poke(cell(8, 0), 8);
        device.breakDevice(true);
        try {
            assertThatThrownBy(() -> Rig.get(cell(7, 0))).isInstanceOf(InternalError.class);
        } finally {
            device.breakDevice(false);
        }
        assertThat(Rig.get(cell(8, 0))).isEqualTo(8);
    }

    @Test
    void prefetchedPagesAreThereWithoutFaults() throws Exception {
        device.launch(
                new Access(1, Reach.NOTHING, Reach.of(region)), List.of(Step.set(cell(60, 0), 6)), 2000);
        device.prefetchToApplication(region);
        device.sync(1);
        while (device.waiting() > 0) {
            TimeUnit.MILLISECONDS.sleep(1);
        }

        assertThat(Rig.get(cell(60, 0))).isEqualTo(6);
        assertThat(device.bytesFetched()).isEqualTo(PAGES * PAGE);
    }

    @Test
    void aFaultBringsMuchOfARegionThatIsSeldomWritten() {
        device.readMostly(region, true);

        assertThat(Rig.get(cell(10, 0))).isZero();
        assertThat(device.bytesFetched()).isEqualTo((PAGES - 10) * PAGE);
    }

    @Test
    void writesArePrefetchedToTheDevice() {
        Rig.set(cell(1, 0), 3);
        Rig.set(cell(2, 0), 4);

        device.prefetchToDevice(new Span(cell(1, 0), 8));

        assertThat(device.peek(cell(1, 0))).isEqualTo(3);
        assertThat(device.peek(cell(2, 0))).isZero();
    }

    @Test
    void aRegionAttachedToOneStreamDoesNotWaitForAnother() {
        device.attach(region, 7);
        device.launchAtDoor(new Access(1, Reach.ALL, Reach.ALL), List.of());
        try {
            Rig.set(cell(0, 0), 1);
            assertThat(Rig.get(cell(0, 0))).isEqualTo(1);
        } finally {
            device.openDoor();
        }
        device.launch(new Access(7, Reach.ALL, Reach.ALL), List.of(new Step(cell(0, 1), cell(0, 0), 5, 0)), 0);
        device.sync(7);
        assertThat(Rig.get(cell(0, 1))).isEqualTo(5);
    }

    @Test
    void whatWasLaunchedBeforeAnAttachmentIsStillWaitedFor() throws Exception {
        device.launchAtDoor(new Access(1, Reach.ALL, Reach.ALL), List.of(Step.set(cell(0, 0), 9)));
        device.attach(region, 7);
        CompletableFuture<Long> waits = CompletableFuture.supplyAsync(() -> Rig.get(cell(0, 0)));
        while (device.waiting() == 0) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        device.openDoor();

        assertThat(waits.get(5, TimeUnit.SECONDS)).isEqualTo(9);
    }

    @Test
    void whileSuspendedARegionIsPlainMemory() throws Exception {
        rig.run(Step.set(cell(3, 0), 1));
        Rig.set(cell(5, 0), 2);

        rig.suspendAndResume(() -> {
            assertThat(Rig.get(cell(3, 0))).isEqualTo(1);
            Rig.set(cell(3, 0), 10);
            Rig.set(cell(4, 0), 20);
        });
        assertThat(device.bytesFlushed()).isEqualTo(PAGE);
        rig.run();

        assertThat(List.of(device.peek(cell(3, 0)), device.peek(cell(4, 0)), device.peek(cell(5, 0))))
                .containsExactly(10L, 20L, 2L);
        assertThat(device.bytesFlushed()).isEqualTo(2 * PAGE);
    }

    @Test
    void whatNobodyHasUsedTakesNoMemoryWhileSuspended() throws Exception {
        device.poke(cell(3, 0), 1);
        Rig.set(cell(5, 0), 2);

        rig.suspendAndResume(() -> assertThat(pagesHeld()).isEqualTo(2));

        rig.run(new Step(cell(7, 0), cell(5, 0), 1, 1));
        assertThat(List.of(Rig.get(cell(3, 0)), Rig.get(cell(4, 0)), Rig.get(cell(5, 0)), Rig.get(cell(7, 0))))
                .containsExactly(1L, 0L, 2L, 3L);
    }

    /** A host dump leaves pages of zeros out. */
    @Test
    void aPageOfZerosThatARestoreHasLeftOutIsWrittenToTheDevice() throws Exception {
        device.poke(cell(3, 0), 1);

        rig.suspendAndResume(() -> {
            Rig.set(cell(3, 0), 0);
            takeOut(cell(3, 0));
        });
        rig.run();

        assertThat(device.peek(cell(3, 0))).isZero();
        assertThat(Rig.get(cell(3, 0))).isZero();
    }

    private static void takeOut(long page) {
        try {
            VirtualMemory.removeShared(page, PAGE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The pages of the region that its shared memory has. */
    private long pagesHeld() {
        int descriptor = rig.shadow().handover().memory();
        long base = region.address() - rig.shadow().handover().space().address();
        try (SharedMemory again = SharedMemory.open(ProcessHandle.current().pid(), descriptor, base + PAGES * PAGE)) {
            long bytes = 0;
            SharedMemory.Extent extent = again.extent(base);
            while (extent != null) {
                bytes += extent.to() - extent.from();
                extent = again.extent(extent.to());
            }
            return bytes / PAGE;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aSuspensionThatFailsLeavesEverythingAsItWas() {
        Rig.set(cell(1, 0), 1);
        device.breakDevice(true);
        assertThatThrownBy(device::suspendAndClose).hasMessageContaining("the model device is broken");
        device.breakDevice(false);

        rig.run(new Step(cell(2, 0), cell(1, 0), 3, 0));

        assertThat(Rig.get(cell(2, 0))).isEqualTo(3);
    }

    @Test
    void anAccessThatCannotBeTakenOverIsRefusedInWords() {
        Handover right = rig.shadow().handover();
        Handover wrong = new Handover(right.memory(), 999_999, right.space(), false);

        assertThatThrownBy(() -> device.open(ProcessHandle.current().pid(), wrong))
                .hasMessageContaining("take over descriptor 999999 of process " + ProcessHandle.current().pid()
                        + ": bad file descriptor");
    }

    @Test
    void nothingIsLeftOfManyRegions() throws Exception {
        List<Long> before = List.of(resources(), device.resources());

        for (int i = 0; i < 10_000; i++) {
            Span each = rig.region(4096 + i % 7, 3);
            Rig.set(each.address(), i);
            rig.free(each);
        }

        assertThat(List.of(resources(), device.resources())).isEqualTo(before);
    }

    private static long resources() throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"));
                Stream<String> mappings = Files.lines(Path.of("/proc/self/maps"))) {
            return descriptors.count() + mappings.filter(line -> line.contains("cryo-shadow")).count();
        }
    }
}
