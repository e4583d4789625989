package dev.cryo.lower.nvidia;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.cryo.lower.nvidia.Completions.Urgency;
import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.linux.VirtualMemory;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.locks.LockSupport;

/**
 * Host code in streams: a stream waits for a number in memory, which is written when the code has run.
 *
 * <p>The driver could call code back by itself, but such code must call no function of the driver, and may be called
 * one after the other for streams that wait for each other. Belongs to the thread that executes calls, but for what
 * ends.
 */
final class HostTurns {
    private static final System.Logger LOG = System.getLogger("dev.cryo.device");
    private static final VarHandle NUMBER = JAVA_INT.varHandle();
    private static final long PAGE_BYTES = VirtualMemory.PAGE_BYTES;
    private static final long PAUSE_NANOS = 50_000;
    /** The driver takes some thousand before it waits. */
    private static final long MOST_CALLS = 256;

    private final CudaDriver driver;
    private final Current current;
    private final Marks marks;
    private final Completions completions;
    private final Workers workers;
    private final Map<GpuContext, Words> words = new ConcurrentHashMap<>();
    /** How much was called before each piece of code that has not ended. */
    private final ConcurrentSkipListSet<Long> outstanding = new ConcurrentSkipListSet<>();
    private long calls;

    HostTurns(CudaDriver driver, Current current, Marks marks, Completions completions, Workers workers) {
        this.driver = driver;
        this.current = current;
        this.marks = marks;
        this.completions = completions;
        this.workers = workers;
    }

    /** The page-locked memory of a context. */
    private static final class Words {
        final List<Long> pages = new ArrayList<>();
        /** Of no stream any more; some may still be counted up for one. */
        final Deque<Word> spare = new ArrayDeque<>();
        private boolean gone;

        private synchronized void write(MemorySegment word, int number) {
            if (!gone) {
                NUMBER.setRelease(word, 0L, number);
            }
        }

        /** Lets nobody write from now on: code may end later than its context. */
        private synchronized void gone() {
            gone = true;
        }
    }

    /** A number that the code of one stream counts up. */
    static final class Word {
        private final Words words;
        private final MemorySegment memory;
        private int submitted;
        private int ended;

        private Word(Words words, MemorySegment memory) {
            this.words = words;
            this.memory = memory;
        }

        private synchronized int submit() {
            return ++submitted;
        }

        /** Lets the stream go on; if the context has failed, code may end in any order. */
        private synchronized void end() {
            ended++;
            words.write(memory, ended);
        }

        private synchronized boolean isIdle() {
            return submitted == ended;
        }
    }

    /**
     * Waits while so much was called since code was put into a stream that has not run yet, that the driver might wait
     * in the next call: for that code, which may wait for who calls.
     *
     * @param now how much was called so far
     */
    void awaitRoom(long now) {
        calls = now;
        Long oldest = outstanding.ceiling(0L);
        while (oldest != null && now - oldest > MOST_CALLS) {
            LockSupport.parkNanos(this, PAUSE_NANOS);
            oldest = outstanding.ceiling(0L);
        }
    }

    /** Puts code behind the work of a stream; it runs in any case, and once. */
    void follow(GpuStream stream, Runnable code) {
        GpuContext context = stream.context;
        if (context.isFaulted()) {
            run(context, code);
            return;
        }
        Word word;
        Mark mark;
        try {
            word = word(stream);
            mark = marks.record(stream);
        } catch (DriverException e) {
            context.fault(e.code(), "code behind work: " + e.getMessage());
            run(context, code);
            return;
        }
        try {
            stream.use();
            driver.awaitValue(stream.handle, word.memory.address(), word.submit());
        } catch (DriverException e) {
            context.fault(e.code(), "a stream does not wait for code: " + e.getMessage());
        }
        boolean unused = context.use(); // It lives, for it has just recorded the mark.
        long since = ++calls;
        outstanding.add(since);
        completions.after(stream, mark, Urgency.NOW, result -> workers.execute("unified memory on " + stream, () -> {
            run(context, code);
            return () -> {
                outstanding.remove(since);
                word.end();
                context.leave();
            };
        }));
    }

    private static void run(GpuContext context, Runnable code) {
        try {
            code.run();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "the device is at fault in unified memory", e);
            context.fault(CudaResult.UNKNOWN, "unified memory: " + e);
        }
    }

    private Word word(GpuStream stream) throws DriverException {
        Word known = stream.word();
        if (known != null) {
            return known;
        }
        Words ofContext = words.computeIfAbsent(stream.context, any -> new Words());
        Word word = ofContext.spare.stream().filter(Word::isIdle).findFirst().orElse(null);
        if (word == null) {
            addPage(stream.context, ofContext);
            word = ofContext.spare.getLast();
        }
        ofContext.spare.remove(word);
        stream.word(word);
        return word;
    }

    private void addPage(GpuContext context, Words to) throws DriverException {
        current.dispatch(context);
        long page = driver.allocateHost(PAGE_BYTES);
        to.pages.add(page);
        MemorySegment memory = VirtualMemory.at(page, PAGE_BYTES).fill((byte) 0);
        for (long at = 0; at < PAGE_BYTES; at += JAVA_INT.byteSize()) {
            to.spare.add(new Word(to, memory.asSlice(at, JAVA_INT.byteSize())));
        }
    }

    /** Takes back what a stream had that is destroyed. */
    void destroyed(GpuStream stream) {
        Word word = stream.word();
        Words ofContext = words.get(stream.context);
        if (word != null && ofContext != null) {
            ofContext.spare.add(word);
        }
    }

    /** Gives up the memory of a context, which must be current and without work; for any thread. */
    void end(GpuContext context) throws DriverException {
        for (long page : forget(context)) {
            driver.freeHost(page);
        }
    }

    /** Leaves the memory of a context alone, which is about to end with it; returns what it had. For any thread. */
    List<Long> forget(GpuContext context) {
        Words ofContext = words.remove(context);
        if (ofContext == null) {
            return List.of();
        }
        ofContext.gone();
        return ofContext.pages;
    }
}
