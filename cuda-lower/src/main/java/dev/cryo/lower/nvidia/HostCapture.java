package dev.cryo.lower.nvidia;

import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.linux.LinuxException;
import dev.cryo.streamlog.linux.VirtualMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;

/** The contents of a device held by a copy in host memory. Thread-safe. */
final class HostCapture implements GpuCapture.Part {
    private static final int MOST_THREADS = 8;
    /** While one piece is copied from its buffer, others are on their way. */
    private static final int PIECES_PER_THREAD = 2;
    /** What must be left for everybody else on this machine. */
    private static final long MARGIN_BYTES = 1L << 30;

    private final Packing packing;
    private final MemorySegment copy;
    private boolean closed;

    private HostCapture(Packing packing, MemorySegment copy) {
        this.packing = packing;
        this.copy = copy;
    }

    /**
     * Copies, by several threads.
     *
     * @throws IOException if there is not enough host memory, or a copy fails; nothing is left behind then
     */
    static HostCapture of(Lanes lanes, int device, Packing packing) throws IOException {
        requireRoom(device, packing.bytes());
        long address = VirtualMemory.allocate(packing.bytes());
        HostCapture capture = new HostCapture(packing, VirtualMemory.at(address, packing.bytes()));
        try {
            capture.fill(lanes, device);
            return capture;
        } catch (DriverException e) {
            capture.close();
            throw new IOException("memory of device " + device + " cannot be copied: " + e.getMessage(), e);
        }
    }

    /** Memory that is not there would be found out by the kernel's ending of some process. */
    private static void requireRoom(int device, long bytes) throws IOException {
        long available = Files.readAllLines(Path.of("/proc/meminfo")).stream()
                .filter(line -> line.startsWith("MemAvailable:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                .findFirst()
                .orElse(Long.MAX_VALUE);
        if (available - MARGIN_BYTES < bytes) {
            throw new IOException("this machine has " + available + " bytes of available memory, and a copy of the "
                    + bytes + " bytes of device " + device + " shall leave " + MARGIN_BYTES);
        }
    }

    private void fill(Lanes lanes, int device) throws DriverException {
        Queue<Packing.Placed> pieces = new ConcurrentLinkedQueue<>(packing.pieces(Lane.BYTES));
        AtomicReference<DriverException> failure = new AtomicReference<>();
        int count = Math.min(Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors()), pieces.size());
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            threads.add(Thread.ofPlatform().name("cryo device capture " + i).daemon().start(() -> {
                try {
                    fill(lanes, device, pieces);
                } catch (DriverException e) {
                    failure.compareAndSet(null, e);
                    pieces.clear();
                }
            }));
        }
        join(threads);
        DriverException first = failure.get();
        if (first != null) {
            throw first;
        }
    }

    private static void join(List<Thread> threads) {
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private record Underway(Packing.Placed piece, Lane lane) {}

    private void fill(Lanes lanes, int device, Queue<Packing.Placed> pieces) throws DriverException {
        Deque<Underway> underway = new ArrayDeque<>();
        try {
            for (Packing.Placed piece = pieces.poll(); piece != null; piece = pieces.poll()) {
                Lane lane = underway.size() < PIECES_PER_THREAD ? lanes.lend(device) : arrive(underway);
                underway.add(new Underway(piece, lane));
                lane.read(piece.address(), piece.bytes());
            }
            while (!underway.isEmpty()) {
                lanes.giveBack(arrive(underway));
            }
        } finally {
            // Where a copy has failed.
            underway.forEach(each -> lanes.giveBack(each.lane));
        }
    }

    /** Takes the oldest piece out of its lane. */
    private Lane arrive(Deque<Underway> underway) throws DriverException {
        Underway oldest = underway.element();
        oldest.lane.await();
        MemorySegment.copy(oldest.lane.buffer, 0, copy, oldest.piece.offset(), oldest.piece.bytes());
        underway.remove();
        return oldest.lane;
    }

    @Override
    public Packing packing() {
        return packing;
    }

    @Override
    public void read(long address, MemorySegment into) throws IOException {
        MemorySegment.copy(copy, packing.offset(address, into.byteSize()), into, 0, into.byteSize());
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            try {
                VirtualMemory.unmap(copy.address(), copy.byteSize());
            } catch (LinuxException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
