package dev.cryo.proxy.host;

import dev.cryo.proxy.host.PagesImage.Run;
import dev.cryo.streamlog.image.Section;
import dev.cryo.streamlog.image.StoredFiles;
import dev.cryo.streamlog.linux.Guard;
import dev.cryo.streamlog.linux.LinuxException;
import dev.cryo.streamlog.linux.MissingPages;
import dev.cryo.streamlog.linux.MissingPages.Dropped;
import dev.cryo.streamlog.linux.MissingPages.Event;
import dev.cryo.streamlog.linux.MissingPages.Filled;
import dev.cryo.streamlog.linux.MissingPages.Forked;
import dev.cryo.streamlog.linux.MissingPages.Moved;
import dev.cryo.streamlog.linux.MissingPages.Touched;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The memory of one restored process, of which pages are still in the image. For one thread.
 *
 * <p>A page is filled from a block of the image that was verified, together with all else that lies in that block.
 */
final class LazyMemory implements AutoCloseable {
    private static final long PAGE_BYTES = AbsentPages.PAGE_BYTES;
    /** How much around a page that was never used is made zero with it, so that it costs no fault. */
    private static final long ZERO_BYTES = 64 * PAGE_BYTES;

    private final MissingPages missing;
    private final AbsentPages absent;
    private final StoredFiles files;
    private final Path pidFile;
    private final Guard guard;
    private final Deque<Long> waiting = new ArrayDeque<>();
    private boolean restored;
    private boolean gone;

    /** Takes over the pages; a guard holds them from now, too. */
    LazyMemory(MissingPages missing, AbsentPages absent, StoredFiles files, Path pidFile) throws LinuxException {
        this.missing = missing;
        this.absent = absent;
        this.files = files;
        this.pidFile = pidFile;
        this.guard = Guard.start(missing.descriptor(), pidFile);
    }

    int descriptor() {
        return missing.descriptor();
    }

    /** All of its memory is known to the kernel now. */
    void restored() {
        restored = true;
    }

    boolean isGone() {
        return gone;
    }

    boolean isAwaited() {
        return !waiting.isEmpty();
    }

    boolean isComplete() {
        return gone || (absent.isEmpty() && waiting.isEmpty());
    }

    /** Takes in what has happened, and returns the memory of processes that were forked. */
    List<LazyMemory> readEvents() throws LinuxException {
        List<LazyMemory> children = new ArrayList<>();
        List<Event> events;
        do {
            events = missing.events();
            for (Event event : events) {
                switch (event) {
                    case Touched touched -> waiting.add(touched.address());
                    case Dropped dropped -> absent.remove(dropped.from(), dropped.end());
                    case Moved moved -> absent.move(moved.from(), moved.to(), moved.bytes());
                    case Forked forked -> children.add(child(forked));
                }
            }
        } while (!events.isEmpty());
        return children;
    }

    private LazyMemory child(Forked forked) throws LinuxException {
        LazyMemory child = new LazyMemory(forked.child(), absent.copy(), files, pidFile);
        child.restored = restored;
        return child;
    }

    /** Fills what threads wait for, until there is an event. */
    void serve() throws IOException {
        while (!waiting.isEmpty() && !gone) {
            long address = waiting.peek();
            Optional<Run> run = absent.at(address);
            boolean done = run.isEmpty()
                    ? zero(address)
                    : !restored ? fill(run.get().part(address, address + PAGE_BYTES)) : fillBlock(address);
            if (!done) {
                return;
            }
            waiting.remove();
        }
    }

    /** Fills a block's worth of pages that nobody waits for yet, unless there is an event first. */
    void fillNext() throws IOException {
        if (!absent.isEmpty() && !gone) {
            boolean unused = fillBlock(absent.first());
        }
    }

    /** False if memory is being changed, and events have to be read first; what is waited for comes first. */
    private boolean fillBlock(long address) throws IOException {
        for (Run part : absent.withItsBlock(address)) {
            if (!fill(part)) {
                return absent.at(address).isEmpty();
            }
        }
        return true;
    }

    private boolean fill(Run part) throws IOException {
        long inBlock = part.offset() % StoredFiles.BLOCK_BYTES;
        MemorySegment block =
                files.block(Section.HOST + part.file(), Math.toIntExact(part.offset() / StoredFiles.BLOCK_BYTES));
        long done = 0;
        long step = part.bytes();
        while (done < part.bytes() && !gone) {
            long count = Math.min(step, part.bytes() - done);
            Filled filled = missing.copy(part.address() + done, block.asSlice(inBlock + done, count));
            absent.remove(part.address() + done, part.address() + done + filled.bytes());
            done += filled.bytes();
            switch (filled.outcome()) {
                case DONE -> {}
                case PRESENT -> {
                    missing.wake(part.address() + done, PAGE_BYTES);
                    absent.remove(part.address() + done, part.address() + done + PAGE_BYTES);
                    done += PAGE_BYTES;
                }
                case CHANGING -> {
                    return false;
                }
                case UNMAPPED -> step = smaller(count - filled.bytes(), part.address() + done);
                case GONE -> gone = true;
            }
        }
        return true;
    }

    /** A copy fails also where it would reach from one mapping into the next. */
    private static long smaller(long bytes, long address) throws IOException {
        if (bytes == PAGE_BYTES) {
            throw new IOException("the application's memory at 0x" + Long.toHexString(address)
                    + " has no missing pages, and its contents were not restored");
        }
        return Math.max(PAGE_BYTES, bytes / 2 & -PAGE_BYTES);
    }

    private boolean zero(long address) throws LinuxException {
        switch (missing.zero(address, PAGE_BYTES).outcome()) {
            case DONE -> {
                long from = address + PAGE_BYTES;
                long end = absent.next(from, (address & -ZERO_BYTES) + ZERO_BYTES);
                if (end > from) {
                    Filled unused = missing.zero(from, end - from);
                }
            }
            case PRESENT, UNMAPPED -> missing.wake(address, PAGE_BYTES);
            case CHANGING -> {
                return false;
            }
            case GONE -> gone = true;
        }
        return true;
    }

    long absentBytes() {
        return absent.bytes();
    }

    /** Lets go; what is absent still would be zero from now. */
    @Override
    public void close() throws LinuxException {
        try (missing) {
            guard.close(); // First: a guard that held the pages alone would have their process wait for ever.
        }
    }
}
