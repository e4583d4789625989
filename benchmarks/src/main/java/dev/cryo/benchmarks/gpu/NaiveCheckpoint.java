package dev.cryo.benchmarks.gpu;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;

import dev.cryo.benchmarks.apps.Gpu;
import dev.cryo.benchmarks.apps.Options;
import dev.cryo.benchmarks.apps.Program;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;

/**
 * Saves its device memory as a program does that has no service for it: it copies piece by piece into pageable memory,
 * writes each to a file, and syncs the file. It does nothing else meanwhile. Prints the bytes and the nanoseconds, of
 * all and of the copies, writes and the sync alone. The file is removed.
 *
 * <p>Options: {@code --mib 1024 --allocations 8 --piece-mib 64 --file FILE}.
 */
public final class NaiveCheckpoint {
    private final Contents contents;
    private final ByteBuffer piece;
    private long copying;
    private long writing;

    private NaiveCheckpoint(Options options) throws IOException {
        contents = new Contents(options.number("mib") << 20, options.count("allocations"), 1 << 20);
        piece = ByteBuffer.allocateDirect(options.count("piece-mib") << 20);
    }

    /** Runs the measurement. */
    public static void main(String[] args) {
        Program.whole(args, NaiveCheckpoint::run, "mib", "1024", "allocations", "8", "piece-mib", "64", "file", "");
    }

    private static void run(Options options) throws IOException {
        Path file = Path.of(options.text("file"));
        try (var gpu = new Gpu()) {
            gpu.enter();
            var naive = new NaiveCheckpoint(options);
            // The first copy sets the driver and the pages of the buffer up.
            naive.copy(naive.contents.memory().getFirst(), 0);
            naive.copying = 0;
            long nanos = naive.save(file);
            Program.check(
                    Files.size(file) == options.number("mib") << 20, file + " has only " + Files.size(file) + " bytes");
            Program.say(String.format(
                    Locale.ROOT,
                    "{\"bytes\":%d,\"nanos\":%d,\"copy_nanos\":%d,\"write_nanos\":%d,\"sync_nanos\":%d}",
                    Files.size(file), nanos, naive.copying, naive.writing, nanos - naive.copying - naive.writing));
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private long save(Path file) throws IOException {
        long start = System.nanoTime();
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            for (CUdeviceptr memory : contents.memory()) {
                for (long at = 0; at < contents.bytesOfAllocation(); at += piece.capacity()) {
                    copy(memory, at);
                    write(channel);
                }
            }
            channel.force(true);
        }
        return System.nanoTime() - start;
    }

    private void copy(CUdeviceptr memory, long at) {
        long start = System.nanoTime();
        int bytes = (int) Math.min(piece.capacity(), contents.bytesOfAllocation() - at);
        piece.clear().limit(bytes);
        check(cuMemcpyDtoH(Pointer.to(piece), memory.withByteOffset(at), bytes));
        copying += System.nanoTime() - start;
    }

    private void write(FileChannel channel) throws IOException {
        long start = System.nanoTime();
        while (piece.hasRemaining()) {
            channel.write(piece);
        }
        writing += System.nanoTime() - start;
    }
}
