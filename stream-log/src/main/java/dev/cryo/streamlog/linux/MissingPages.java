package dev.cryo.streamlog.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The missing pages of another process's private memory, which it waits for when it touches them: a userfaultfd that
 * was opened and registered by somebody else, who also asked to be told how that memory changes.
 *
 * <p>A process that changes its memory waits until {@link #events} has told of it, and meanwhile nothing can be filled
 * ({@link Outcome#CHANGING}). So a single thread that calls both never fills what is not meant to be filled any more.
 *
 * <p><b>When the last holder of the descriptor closes it, or dies, the pages that are still missing are zero.</b> See
 * {@link Guard}.
 *
 * <p>For one thread. Constants: Linux's include/uapi/linux/userfaultfd.h.
 */
public final class MissingPages implements AutoCloseable {
    private static final long WAKE = 0x8010aa02L;
    private static final long COPY = 0xc028aa03L;
    private static final long ZEROPAGE = 0xc020aa04L;

    // struct uffd_msg: event at 0, then depending on it; 32 bytes.
    private static final int MESSAGE_BYTES = 32;
    private static final byte PAGEFAULT = 0x12;
    private static final byte FORK = 0x13;
    private static final byte REMAP = 0x14;
    private static final byte REMOVE = 0x15;
    private static final byte UNMAP = 0x16;

    private static final int ENOENT = 2;
    private static final int ESRCH = 3;
    private static final int EINTR = 4;
    private static final int EAGAIN = 11;
    private static final int EEXIST = 17;
    private static final CFunction READ = CFunction.of("read");

    private final int descriptor;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment request = arena.allocate(40, 8);
    private final MemorySegment messages = arena.allocate(64 * MESSAGE_BYTES, 8);

    /** What the process has done, in its order. */
    public sealed interface Event {}

    /** A thread waits for the page at an address. */
    public record Touched(long address) implements Event {}

    /** It has a child with the same memory, whose missing pages these are. */
    public record Forked(MissingPages child) implements Event {}

    /** A range has moved, with what was missing in it. */
    public record Moved(long from, long to, long bytes) implements Event {}

    /** What was in a range is gone: it is zero now, or not mapped. */
    public record Dropped(long from, long end) implements Event {}

    /** What ended filling. */
    public enum Outcome {
        /** All of it is there. */
        DONE,
        /** The next page was there already. */
        PRESENT,
        /** The memory is being changed; the next {@link #events} tell how. */
        CHANGING,
        /** Not all of what is left is one mapping with missing pages. */
        UNMAPPED,
        /** The process has ended, or has no such memory any more. */
        GONE
    }

    /** The bytes that were filled, and what ended it. */
    public record Filled(long bytes, Outcome outcome) {}

    /** Takes over a descriptor of this process. */
    public MissingPages(int descriptor) {
        this.descriptor = descriptor;
    }

    /** The descriptor's number. */
    public int descriptor() {
        return descriptor;
    }

    /** What has happened since the last call, without waiting. */
    public List<Event> events() throws LinuxException {
        long read = READ.call(descriptor, messages.address(), messages.byteSize());
        if (read < 0 && LibC.errno() != EAGAIN && LibC.errno() != EINTR) {
            throw new LinuxException("read page faults", LibC.errno());
        }
        List<Event> events = new ArrayList<>();
        for (long at = 0; at < read; at += MESSAGE_BYTES) {
            events.add(event(at));
        }
        return events;
    }

    private Event event(long at) {
        byte event = messages.get(JAVA_BYTE, at);
        long second = messages.get(JAVA_LONG, at + 16);
        return switch (event) {
            case PAGEFAULT -> new Touched(second & -VirtualMemory.PAGE_BYTES);
            case FORK -> new Forked(new MissingPages(messages.get(JAVA_INT, at + 8)));
            case REMAP -> new Moved(messages.get(JAVA_LONG, at + 8), second, messages.get(JAVA_LONG, at + 24));
            case REMOVE, UNMAP -> new Dropped(messages.get(JAVA_LONG, at + 8), second);
            default -> throw new IllegalStateException("userfaultfd told event " + event + ", which is not known");
        };
    }

    /** Puts contents into missing pages and lets those go on that wait for them. */
    public Filled copy(long address, MemorySegment contents) throws LinuxException {
        request.set(JAVA_LONG, 0, address);
        request.set(JAVA_LONG, 8, contents.address());
        request.set(JAVA_LONG, 16, contents.byteSize());
        request.set(JAVA_LONG, 24, 0);
        request.set(JAVA_LONG, 32, 0);
        return fill(COPY, 32, contents.byteSize(), address);
    }

    /** Makes missing pages zero and lets those go on that wait for them; takes no memory until they are written. */
    public Filled zero(long address, long bytes) throws LinuxException {
        request.set(JAVA_LONG, 0, address);
        request.set(JAVA_LONG, 8, bytes);
        request.set(JAVA_LONG, 16, 0);
        request.set(JAVA_LONG, 24, 0);
        return fill(ZEROPAGE, 24, bytes, address);
    }

    private Filled fill(long what, int resultAt, long bytes, long address) throws LinuxException {
        int errno = Descriptors.tryControl(descriptor, what, request);
        long done = Math.max(0, request.get(JAVA_LONG, resultAt));
        return switch (errno) {
            case 0 -> new Filled(done, done == bytes ? Outcome.DONE : Outcome.CHANGING);
            case EAGAIN -> new Filled(done, Outcome.CHANGING);
            case EEXIST -> new Filled(done, Outcome.PRESENT);
            case ENOENT -> new Filled(done, Outcome.UNMAPPED);
            case ESRCH -> new Filled(done, Outcome.GONE);
            default -> throw new LinuxException(
                    "put " + bytes + " bytes at 0x" + Long.toHexString(address), errno);
        };
    }

    /** Lets the threads that wait in a range look again. */
    public void wake(long address, long bytes) throws LinuxException {
        request.set(JAVA_LONG, 0, address);
        request.set(JAVA_LONG, 8, bytes);
        int unused = Descriptors.control(descriptor, WAKE, request.address(), "wake 0x" + Long.toHexString(address));
    }

    /** Gives up this process's hold. */
    @Override
    public void close() throws LinuxException {
        arena.close();
        Descriptors.close(descriptor);
    }
}
