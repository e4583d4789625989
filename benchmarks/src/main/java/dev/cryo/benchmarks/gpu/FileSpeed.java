package dev.cryo.benchmarks.gpu;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;

/** How fast a file is written and synced, and read again, each by one or several threads. The file is removed. */
final class FileSpeed {
    private static final int PIECE = 8 << 20;
    private static final int ALIGNED = 4096;

    private final Path file;
    private final long pieces;

    /**
     * Gigabytes a second.
     *
     * @param direct whether the read went to the disk, past the cache of the kernel
     */
    record Rates(double write, double read, boolean direct) {}

    /** Moves a piece between a buffer and its place in the file. */
    private interface Move {
        int move(FileChannel channel, ByteBuffer piece, long at) throws IOException;
    }

    FileSpeed(Path file, long bytes) {
        this.file = file;
        pieces = Math.max(1, bytes / PIECE);
    }

    Rates measure(int threads) throws Exception {
        List<ByteBuffer> buffers = LongStream.range(0, threads).mapToObj(FileSpeed::filled).toList();
        try {
            double write;
            try (FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
                long start = System.nanoTime();
                move(buffers, channel, FileChannel::write);
                channel.force(true);
                write = (double) pieces * PIECE / (System.nanoTime() - start);
            }
            try (FileChannel channel = open(ExtendedOpenOption.DIRECT)) {
                return new Rates(write, read(buffers, channel), true);
            } catch (IOException | UnsupportedOperationException e) {
                System.err.println(file + " cannot be read past the cache: " + e.getMessage());
                try (FileChannel channel = open()) {
                    return new Rates(write, read(buffers, channel), false);
                }
            }
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private FileChannel open(OpenOption... more) throws IOException {
        List<OpenOption> options = new ArrayList<>(List.of(more));
        options.add(StandardOpenOption.READ);
        return FileChannel.open(file, options.toArray(OpenOption[]::new));
    }

    private double read(List<ByteBuffer> buffers, FileChannel channel) throws Exception {
        long start = System.nanoTime();
        move(buffers, channel, FileChannel::read);
        return (double) pieces * PIECE / (System.nanoTime() - start);
    }

    /** All pieces once, each buffer by a thread of its own. */
    private void move(List<ByteBuffer> buffers, FileChannel channel, Move how) throws Exception {
        try (ExecutorService pool = Executors.newFixedThreadPool(buffers.size())) {
            List<Future<?>> running = new ArrayList<>();
            for (int first = 0; first < buffers.size(); first++) {
                int from = first;
                running.add(pool.submit(() -> {
                    for (long i = from; i < pieces; i += buffers.size()) {
                        move(channel, buffers.get(from).clear(), i * PIECE, how);
                    }
                    return from;
                }));
            }
            for (Future<?> each : running) {
                each.get();
            }
        }
    }

    private void move(FileChannel channel, ByteBuffer piece, long at, Move how) throws IOException {
        while (piece.hasRemaining()) {
            if (how.move(channel, piece, at + piece.position()) < 0) {
                throw new IOException(file + " ends within the piece at " + at);
            }
        }
    }

    private static ByteBuffer filled(long seed) {
        ByteBuffer piece = ByteBuffer.allocateDirect(PIECE + ALIGNED).alignedSlice(ALIGNED).slice(0, PIECE);
        byte[] random = new byte[PIECE];
        new Random(seed).nextBytes(random);
        return piece.put(random);
    }
}
