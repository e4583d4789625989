package dev.cryo.streamlog.image;

import dev.cryo.streamlog.linux.Priority;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Stores blocks that are not stored yet: several threads read, name and compress, the calling one writes, in order.
 * Memory is bounded by four buffers for each thread. For one caller at a time.
 */
final class BlockPipeline implements AutoCloseable {
    /**
     * So many blocks of a writer are read at ordinary priority. Little is soonest out of the job's way when it is done
     * at once; where it takes longer, the job goes before it.
     */
    private static final int AT_ONCE_BLOCKS = 128;
    /** Enough that a thread goes on while the oldest block waits for another, which has no processor. */
    private static final int BUFFERS_PER_THREAD = 4;

    private final Packs known;
    private final PeerBlocks peers;
    private final PackWriter pack;
    private final Optional<Compression> compression;
    private final Optional<ImageKey> key;
    private final BlockBuffers buffers;
    private final List<BlockBuffer> taken = new ArrayList<>();
    private final List<BlockBuffer> free = new ArrayList<>();
    private int toTake;
    private final Set<BlockId> written = new HashSet<>();
    private final ExecutorService workers;
    private final AtomicInteger begun = new AtomicInteger();

    /** Stores in a pack what neither it nor the known ones nor the peers have; all stay the caller's. */
    BlockPipeline(Packs known, PeerBlocks peers, PackWriter pack, BlockBuffers buffers, WriteOptions options) {
        this.known = known;
        this.peers = peers;
        this.pack = pack;
        this.buffers = buffers;
        this.compression = options.compress() ? Compression.find() : Optional.empty();
        this.key = options.key();
        this.toTake = BUFFERS_PER_THREAD * options.threads();
        this.workers = Executors.newFixedThreadPool(
                options.threads(),
                Thread.ofPlatform().daemon().name("cryo-image-writer").factory());
    }

    /** What blocks are read from, by several threads at a time. */
    @FunctionalInterface
    interface Source {
        /** Fills a buffer with a block and returns how many bytes of it are to be stored; those behind are zero. */
        int fill(int block, BlockBuffer into) throws IOException;
    }

    /** What is known of blocks without reading them. */
    @FunctionalInterface
    interface Names {
        /** The name of a block that the store has; null if it has to be read. */
        @Nullable BlockId of(int block);
    }

    /** Stores blocks and returns their names. */
    List<BlockId> store(int blocks, Names names, Source source) throws IOException {
        List<BlockId> ids = new ArrayList<>(blocks);
        Deque<Reading> underWay = new ArrayDeque<>();
        try {
            for (int i = 0; i < blocks; i++) {
                BlockId name = names.of(i);
                ids.add(name == null ? BlockId.ZERO : name);
                if (name == null) {
                    if (free.isEmpty() && toTake == 0) {
                        takeFirst(underWay, ids);
                    }
                    int block = i;
                    BlockBuffer buffer = buffer();
                    underWay.add(new Reading(block, workers.submit(() -> prepare(block, source, buffer))));
                }
            }
            while (!underWay.isEmpty()) {
                takeFirst(underWay, ids);
            }
            return ids;
        } finally {
            // After a failure: nobody may fill a buffer any more when the caller gives the source up.
            underWay.forEach(reading -> settle(reading.prepared()));
        }
    }

    /** A free buffer; there must be one, or one that was not needed up to now. */
    private BlockBuffer buffer() {
        if (!free.isEmpty()) {
            return free.removeLast();
        }
        toTake--;
        BlockBuffer buffer = buffers.take();
        taken.add(buffer);
        return buffer;
    }

    private PreparedBlock prepare(int block, Source source, BlockBuffer buffer) throws IOException {
        if (begun.incrementAndGet() > AT_ONCE_BLOCKS) {
            Priority.lower();
        }
        return PreparedBlock.of(buffer, source.fill(block, buffer), this::isStored, compression, key);
    }

    private boolean isStored(BlockId id) throws IOException {
        return known.has(id) || peers.take(id);
    }

    /** A block that is being read, named and compressed. */
    private record Reading(int block, Future<PreparedBlock> prepared) {}

    /** It stays under way if that fails: somebody may still fill its buffer. */
    private void takeFirst(Deque<Reading> underWay, List<BlockId> ids) throws IOException {
        Reading first = underWay.element();
        PreparedBlock block = await(first.prepared());
        underWay.remove();
        ids.set(first.block(), append(block));
    }

    /**
     * Stores a block that the calling thread has, uncompressed unless the store has it already; which other jobs'
     * blocks may not be.
     */
    BlockId storeRaw(BlockFiller filler) throws IOException {
        BlockBuffer buffer = buffer();
        return append(PreparedBlock.of(buffer, filler.fill(buffer), known::has, Optional.empty(), key));
    }

    /** What fills one block. */
    @FunctionalInterface
    interface BlockFiller {
        /** As {@link Source#fill}. */
        int fill(BlockBuffer into) throws IOException;
    }

    private BlockId append(PreparedBlock block) throws IOException {
        free.add(block.buffer());
        if (block.stored() > 0 && written.add(block.id())) {
            block.appendTo(pack);
        }
        return block.id();
    }

    private static PreparedBlock await(Future<PreparedBlock> block) throws IOException {
        try {
            return block.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException failure -> throw failure;
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                case null, default -> throw new IllegalStateException(e);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while an image was written", e);
        }
    }

    private static void settle(Future<PreparedBlock> block) {
        boolean interrupted = false;
        while (!block.isDone()) {
            try {
                block.get();
            } catch (ExecutionException e) {
                break; // One failure is told already.
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        workers.shutdown(); // They have nothing to do any more, and end when they have a processor.
        buffers.giveBack(taken);
        taken.clear(); // They may be another's from now on.
        free.clear();
    }
}
