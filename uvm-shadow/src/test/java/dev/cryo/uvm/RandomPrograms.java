package dev.cryo.uvm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.linux.VirtualMemory;
import dev.cryo.uvm.device.Access;
import dev.cryo.uvm.device.Reach;
import dev.cryo.uvm.model.Rig;
import dev.cryo.uvm.model.Step;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * Seeded random programs of host reads and writes, launches, prefetches and frees, compared with a plain model.
 *
 * <p>Every thread has its own cells, every {@code threads}-th long of each shared region, so that threads share all
 * pages and no cell. It keeps CUDA's rule for its own cells only: it leaves a cell alone while its kernels use it.
 */
final class RandomPrograms {
    private static final int[] SHARED_PAGES = {5, 40, 300};
    private static final int OWN_PAGES = 9;
    private static final int CELLS_PER_PAGE = (int) (VirtualMemory.PAGE_BYTES / Long.BYTES);

    private final Rig rig;
    private final int threads;
    private final boolean concurrentAccess;
    private final List<Span> shared = new ArrayList<>();
    private final ReadWriteLock gate = new ReentrantReadWriteLock();

    /**
     * Maps the shared regions.
     *
     * @param concurrentAccess whether the host goes on while work runs
     */
    RandomPrograms(Rig rig, int threads, boolean concurrentAccess) throws IOException {
        this.rig = rig;
        this.threads = threads;
        this.concurrentAccess = concurrentAccess;
        long page = 0;
        for (int pages : SHARED_PAGES) {
            shared.add(rig.region(page, pages)); // No gap between them.
            page += pages;
        }
    }

    /** Runs programs of some operations in all threads, and then compares everything. */
    void run(long seed, int operations, int checkpoints) throws Exception {
        CountDownLatch ended = new CountDownLatch(threads);
        try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            List<CompletableFuture<Void>> programs = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                Program program = new Program(thread, new SplittableRandom(seed + thread));
                programs.add(CompletableFuture.runAsync(() -> program.run(operations / threads), executor)
                        .whenComplete((nothing, failure) -> ended.countDown()));
            }
            for (int i = 0; i < checkpoints && ended.getCount() > 0; i++) {
                Thread.sleep(30);
                checkpoint();
            }
            for (CompletableFuture<Void> program : programs) {
                program.get();
            }
        }
    }

    /** Only launches are gated, as in a checkpoint: host threads go on to read and write all the time. */
    private void checkpoint() throws IOException, InterruptedException {
        gate.writeLock().lock();
        try {
            rig.suspendAndResume(() -> {});
        } finally {
            gate.writeLock().unlock();
        }
    }

    private void gated(Runnable call) {
        gate.readLock().lock();
        try {
            call.run();
        } finally {
            gate.readLock().unlock();
        }
    }

    /** One thread's program. */
    private final class Program {
        private final int thread;
        private final SplittableRandom random;
        private final List<long[]> model = new ArrayList<>();
        private final Set<Long> read = new HashSet<>();
        private final Set<Long> written = new HashSet<>();
        private Span own;
        private long[] ownModel = new long[OWN_PAGES * CELLS_PER_PAGE];
        private long walk;

        Program(int thread, SplittableRandom random) throws IOException {
            this.thread = thread;
            this.random = random;
            for (int pages : SHARED_PAGES) {
                model.add(new long[pages * CELLS_PER_PAGE]);
            }
            this.own = rig.region(firstOwnPage(), OWN_PAGES);
        }

        private long firstOwnPage() {
            return 1000 + thread * 100L;
        }

        void run(int operations) {
            try {
                for (int i = 0; i < operations; i++) {
                    step();
                }
                sync();
                compareAll();
                rig.free(own);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void step() throws IOException {
            int dice = random.nextInt(100);
            if (dice < 36) {
                read(cell());
            } else if (dice < 70) {
                write(cell(), random.nextLong());
            } else if (dice < 86) {
                launch();
            } else if (dice < 93) {
                sync();
            } else if (dice < 95) {
                gated(() -> rig.device().prefetchToApplication(region()));
            } else if (dice < 97) {
                gated(() -> rig.device().prefetchToDevice(region()));
            } else if (dice < 98) {
                gated(() -> rig.device().readMostly(region(), random.nextBoolean()));
            } else if (dice < 99) {
                gated(() -> rig.device().attach(own, random.nextBoolean() ? thread : -1));
            } else {
                renew();
            }
        }

        private Span region() {
            int index = random.nextInt(shared.size() + 1);
            return index < shared.size() ? shared.get(index) : own;
        }

        /** A cell of this thread, near the last one or anywhere. */
        private long cell() {
            if (random.nextBoolean()) {
                Span region = region();
                walk = region.address() + Long.BYTES * random.nextLong(region.bytes() / Long.BYTES);
            } else {
                walk += random.nextLong(VirtualMemory.PAGE_BYTES / 2);
            }
            Span region = regionOf(walk);
            if (region == null) {
                region = own;
                walk = own.address();
            }
            long index = (walk - region.address()) / Long.BYTES;
            if (region != own) {
                index = index - index % threads + thread;
                index = index * Long.BYTES < region.bytes() ? index : thread;
            }
            return region.address() + index * Long.BYTES;
        }

        private @Nullable Span regionOf(long address) {
            Span one = new Span(address, 1);
            if (own.covers(one)) {
                return own;
            }
            for (Span region : shared) {
                if (region.covers(one)) {
                    return region;
                }
            }
            return null;
        }

        private long expected(long cell) {
            int index = shared.indexOf(regionOf(cell));
            return index < 0 ? ownModel[indexIn(own, cell)] : model.get(index)[indexIn(shared.get(index), cell)];
        }

        private void expect(long cell, long value) {
            int index = shared.indexOf(regionOf(cell));
            if (index < 0) {
                ownModel[indexIn(own, cell)] = value;
            } else {
                model.get(index)[indexIn(shared.get(index), cell)] = value;
            }
        }

        private static int indexIn(Span region, long cell) {
            return (int) ((cell - region.address()) / Long.BYTES);
        }

        private void read(long cell) {
            if (written.contains(cell)) {
                sync();
            }
            compare(cell);
        }

        private void compare(long cell) {
            long value = Rig.get(cell);
            if (value != expected(cell)) {
                assertThat(value).as("cell 0x%x of thread %d", cell, thread).isEqualTo(expected(cell));
            }
        }

        private void write(long cell, long value) {
            if (written.contains(cell) || read.contains(cell)) {
                sync();
            }
            Rig.set(cell, value);
            expect(cell, value);
        }

        private void launch() {
            List<Step> steps = new ArrayList<>();
            List<Span> reads = new ArrayList<>();
            List<Span> writes = new ArrayList<>();
            for (int count = 1 + random.nextInt(20); count > 0; count--) {
                Step step = new Step(cell(), cell(), random.nextInt(5), random.nextLong());
                steps.add(step);
                reads.add(new Span(step.from(), Long.BYTES));
                writes.add(new Span(step.to(), Long.BYTES));
                expect(step.to(), expected(step.from()) * step.factor() + step.offset());
                read.add(step.from());
                written.add(step.to());
            }
            int microseconds = random.nextInt(4) == 0 ? random.nextInt(500) : 0;
            Access access = new Access(thread, reach(reads), reach(writes));
            gated(() -> rig.device().launch(access, steps, microseconds));
            if (!concurrentAccess) {
                sync();
            }
        }

        private Reach reach(List<Span> cells) {
            return switch (random.nextInt(3)) {
                case 0 -> Reach.ALL;
                case 1 -> new Reach.Only(cells);
                default -> new Reach.Only(
                        cells.stream().map(cell -> Objects.requireNonNull(regionOf(cell.address()))).toList());
            };
        }

        private void sync() {
            gated(() -> rig.device().sync(thread));
            read.clear();
            written.clear();
        }

        private void renew() throws IOException {
            sync();
            gate.readLock().lock();
            try {
                rig.free(own);
                own = rig.region(firstOwnPage(), OWN_PAGES);
            } finally {
                gate.readLock().unlock();
            }
            ownModel = new long[OWN_PAGES * CELLS_PER_PAGE];
        }

        private void compareAll() {
            for (Span region : shared) {
                for (long i = thread; i * Long.BYTES < region.bytes(); i += threads) {
                    compare(region.address() + i * Long.BYTES);
                }
            }
            for (long i = 0; i < ownModel.length; i++) {
                compare(own.address() + i * Long.BYTES);
            }
        }
    }
}
