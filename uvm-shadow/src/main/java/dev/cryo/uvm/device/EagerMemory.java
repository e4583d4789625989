package dev.cryo.uvm.device;

import dev.cryo.streamlog.linux.SharedMemory;
import dev.cryo.streamlog.linux.VirtualMemory;
import dev.cryo.uvm.Handover;
import dev.cryo.uvm.Span;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Unified memory where page faults are not to be had: everything a launch may touch is copied to the device before it,
 * and every region that it may have written is copied back behind it.
 *
 * <p>What is guaranteed is what CUDA guarantees on devices without concurrent managed access, and no more: the
 * application sees and may change a region while no work runs that may use it. A region whose work is outstanding holds
 * old contents, and what the application writes to it then is lost. It costs two copies of each region per launch.
 */
final class EagerMemory implements ManagedMemory {
    private static final long CHUNK_BYTES = 4 << 20;

    private final ReentrantLock lock = new ReentrantLock();
    private final Span space;
    private final SharedMemory memory;
    private final DevicePages device;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(CHUNK_BYTES, VirtualMemory.PAGE_BYTES);
    private final Regions regions = new Regions();

    /** The regions that outstanding work may write, and that work. */
    private final Map<Region, List<Turn>> behind = new HashMap<>();

    private final Condition ended = lock.newCondition();

    /** The regions that the device may have no memory for yet. */
    private final Set<Region> fresh = new HashSet<>();

    private boolean suspended;
    private boolean closed;

    private EagerMemory(Span space, SharedMemory memory, DevicePages device) {
        this.space = space;
        this.memory = memory;
        this.device = device;
    }

    static EagerMemory open(long pid, Handover handover, DevicePages device) throws IOException {
        Span space = handover.space();
        return new EagerMemory(space, SharedMemory.open(pid, handover.memory(), space.bytes()), device);
    }

    @Override
    public void add(Span span, Origin origin) throws IOException {
        lock.lock();
        try {
            requireServing();
            Region region = regions.add(span, space);
            try {
                switch (origin) {
                    case FRESH -> fresh.add(region);
                    case DEVICE -> copyBack(region, 0, region.pages());
                    case APPLICATION -> copyOut(region, 0, region.pages());
                }
            } catch (IOException | RuntimeException e) {
                regions.remove(span);
                throw e;
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void arrived(Span span) {
        lock.lock();
        try {
            fresh.remove(regions.at(span));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void drop(Span span) throws IOException {
        lock.lock();
        try {
            requireServing();
            Region region = regions.remove(span);
            behind.remove(region);
            fresh.remove(region);
            VirtualMemory.removeShared(here(span.address()), span.bytes());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void submit(Access access, Submission work) throws IOException {
        lock.lock();
        try {
            requireServing();
            Set<Region> written = new HashSet<>();
            regions.visit(access.writes(), access.stream(), (region, first, end) -> written.add(region));
            written.removeAll(fresh); // Nobody knows their addresses.
            for (Region region : written) {
                copyOut(region, 0, region.pages()); // Whole regions, as they come back as wholes.
            }
            regions.visit(access.reads(), access.stream(), (region, first, end) -> {
                if (!written.contains(region)) {
                    copyOut(region, first, end);
                }
            });
            Turn turn = new Turn(access.stream(), 0);
            written.forEach(region -> behind.computeIfAbsent(region, any -> new ArrayList<>()).add(turn));
            try {
                work.submit(() -> end(written, turn));
            } catch (RuntimeException e) {
                end(written, turn);
                throw e;
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void asked() {
        // Later work of a stream may write what the application looks at: on these devices it must not look then.
    }

    /** Brings to the application what work has written, unless later work of its stream will write it again. */
    private void end(Set<Region> written, Turn turn) {
        lock.lock();
        try {
            for (Region region : written) {
                List<Turn> turns = behind.get(region);
                if (turns == null || closed) {
                    continue; // It was dropped meanwhile.
                }
                turns.remove(turn);
                if (turns.stream().noneMatch(later -> later.stream() == turn.stream())) {
                    copyBack(region, 0, region.pages());
                }
                if (turns.isEmpty()) {
                    behind.remove(region);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("unified memory cannot be copied back", e);
        } finally {
            ended.signalAll();
            lock.unlock();
            turn.ended().complete(null);
        }
    }

    private void copyOut(Region region, int first, int end) throws IOException {
        if (!behind.containsKey(region) && !fresh.contains(region)) {
            Span range = region.span(first, end);
            device.write(range.address(), VirtualMemory.at(here(range.address()), range.bytes()));
        }
    }

    private void copyBack(Region region, int first, int end) throws IOException {
        Span range = region.span(first, end);
        for (long at = range.address(); at < range.end(); at += CHUNK_BYTES) {
            long bytes = Math.min(CHUNK_BYTES, range.end() - at);
            MemorySegment contents = device.read(at, bytes, buffer);
            MemorySegment.copy(contents, 0, VirtualMemory.at(here(at), bytes), 0, bytes);
        }
    }

    private long here(long address) {
        return memory.address() + (address - space.address());
    }

    @Override
    public void prefetchToApplication(Span range) {
        // Everything is there after each synchronisation.
    }

    @Override
    public void prefetchToDevice(Span range) {
        // Everything is there before each launch.
    }

    @Override
    public void adviseReadMostly(Span region, boolean readMostly) {
        lock.lock();
        try {
            regions.at(region).readMostly(readMostly);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public CompletableFuture<Void> attach(Span span, Attachment attachment) {
        lock.lock();
        try {
            Region region = regions.at(span);
            region.attachment(attachment);
            // It will be copied back over what the application writes, if that does not wait.
            return CompletableFuture.allOf(behind.getOrDefault(region, List.of()).stream()
                    .filter(turn -> !attachment.isVisibleTo(turn.stream()))
                    .map(Turn::ended)
                    .toArray(CompletableFuture<?>[]::new));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<String> waiting() {
        return List.of();
    }

    @Override
    public void suspend(Duration timeout) throws IOException, InterruptedException {
        long left = timeout.toNanos();
        lock.lock();
        try {
            requireServing();
            while (!behind.isEmpty()) {
                if (left <= 0) {
                    throw new IOException("work that may write unified memory still runs");
                }
                left = ended.awaitNanos(left);
            }
            for (Region region : regions.all()) {
                copyOut(region, 0, region.pages());
            }
            suspended = true;
        } finally {
            lock.unlock();
        }
    }

    private void requireServing() {
        if (suspended || closed) {
            throw new IllegalStateException("unified memory is " + (closed ? "closed" : "suspended"));
        }
    }

    @Override
    public void close() throws IOException {
        lock.lock();
        try (arena) {
            if (closed) {
                throw new IllegalStateException("unified memory was closed before");
            }
            closed = true;
            memory.close();
        } finally {
            lock.unlock();
        }
    }
}
