package dev.cryo.uvm.device;

import dev.cryo.streamlog.linux.SharedMemory;
import dev.cryo.streamlog.linux.VirtualMemory;
import dev.cryo.uvm.Handover;
import dev.cryo.uvm.Span;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Unified memory where page faults are not to be had: everything a launch may touch is copied to the device before it,
 * and every region that it may have written is copied back when its work has ended and the application is about to be
 * told.
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
    private final Writers writers = new Writers();

    /** The regions that the device may have written since they were last copied back. */
    private final Set<Region> behind = new HashSet<>();

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
            copyBackSettled();
            regions.visit(access.reads(), access.stream(), this::copyOut);
            // Whole regions, as they come back as wholes.
            Set<Region> written = new HashSet<>();
            regions.visit(access.writes(), access.stream(), (region, first, end) -> written.add(region));
            written.removeAll(fresh); // Nobody knows their addresses.
            for (Region region : written) {
                copyOut(region, 0, region.pages());
            }
            // First: an answer that the submission brings must not take the regions for settled.
            writers.add(access.stream(), access.writes(), work.submit());
            behind.addAll(written);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void settle() throws IOException {
        lock.lock();
        try {
            if (!closed && !suspended) {
                copyBackSettled();
            }
        } finally {
            lock.unlock();
        }
    }

    private void copyBackSettled() throws IOException {
        for (Region region : List.copyOf(behind)) {
            if (writers.of(region, region.span()).isEmpty()) {
                copyBack(region, 0, region.pages());
                behind.remove(region);
            }
        }
    }

    private void copyOut(Region region, int first, int end) throws IOException {
        if (!behind.contains(region) && !fresh.contains(region)) {
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
    public void attach(Span span, Attachment attachment) {
        lock.lock();
        try {
            Region region = regions.at(span);
            writers.pin(region);
            region.attachment(attachment);
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
        long deadline = System.nanoTime() + timeout.toNanos();
        while (!suspendNow()) {
            Writers.await(outstanding(), deadline);
        }
    }

    private boolean suspendNow() throws IOException {
        lock.lock();
        try {
            requireServing();
            copyBackSettled();
            if (!behind.isEmpty()) {
                return false;
            }
            for (Region region : regions.all()) {
                copyOut(region, 0, region.pages());
            }
            suspended = true;
            return true;
        } finally {
            lock.unlock();
        }
    }

    private List<CompletableFuture<?>> outstanding() {
        lock.lock();
        try {
            return writers.of(regions.all());
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
