package dev.cryo.uvm.device;

import dev.cryo.streamlog.linux.EventDescriptor;
import dev.cryo.streamlog.linux.FaultMessages;
import dev.cryo.streamlog.linux.LinuxException;
import dev.cryo.streamlog.linux.Userfaultfd;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/**
 * The thread that serves pages. A request that must wait for device work is put aside and taken up when that has ended,
 * so that no thread of the application waits for the work that another one's page needs.
 */
final class Pager implements AutoCloseable {
    private static final int MESSAGES = 64;
    private static final int FOREVER = -1;
    private static final long JOIN_MILLISECONDS = 10_000;
    private static final long SPIN_NANOS = Runtime.getRuntime().availableProcessors() > 1 ? 10_000 : 0;

    /** What is wanted. */
    sealed interface Request {
        /** Where it begins. */
        long address();
    }

    /** A thread of the application waits for a page, and may have waited for work before. */
    record Fault(long address, boolean write, boolean waited) implements Request {}

    /** Pages are wanted before somebody waits for them. */
    record Prefetch(long address, long bytes) implements Request {}

    /** How a request went. */
    sealed interface Served {
        /** It is served, or needs nothing any more. */
        record Done() implements Served {}

        /** It must be asked again when this work has ended. */
        record After(List<CompletableFuture<?>> work) implements Served {}

        /** Its address is in no region: in one that is just being added or dropped. */
        record Stray() implements Served {}
    }

    /** Serves one request. */
    interface Service {
        Served serve(Request request);

        void wake(long address) throws IOException;
    }

    private final Userfaultfd faults;
    private final Service service;
    private final Consumer<IOException> failures;
    private final EventDescriptor bell;
    private final Queue<Request> ready = new ConcurrentLinkedQueue<>();
    private final Set<Request> aside = ConcurrentHashMap.newKeySet();
    private final List<Long> strays = new ArrayList<>();
    private final Thread thread;
    private volatile boolean stopped;

    Pager(Userfaultfd faults, Service service, Consumer<IOException> failures) throws IOException {
        this.faults = faults;
        this.service = service;
        this.failures = failures;
        this.bell = EventDescriptor.open();
        this.thread = Thread.ofPlatform().daemon().name("cryo-pager").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Asks for something from any thread. */
    void request(Request request) {
        ready.add(request);
        try {
            bell.ring();
        } catch (LinuxException e) {
            failures.accept(e);
        }
    }

    /** What waits for device work, in words. */
    List<String> waiting() {
        return aside.stream()
                .map(request -> "the page at 0x" + Long.toHexString(request.address())
                        + " of unified memory waits for device work that may write it")
                .toList();
    }

    private void run() {
        try (Arena arena = Arena.ofConfined()) {
            FaultMessages messages = new FaultMessages(arena, MESSAGES);
            while (!stopped) {
                faults.await(bell, strays.isEmpty() ? FOREVER : 1);
                bell.silence();
                wakeStrays();
                for (Request next = ready.poll(); next != null; next = ready.poll()) {
                    serve(next);
                }
                int count = messages.read(faults);
                while (count > 0) {
                    for (int i = 0; i < count; i++) {
                        serve(new Fault(messages.address(i), messages.isWrite(i), false));
                    }
                    count = readSoon(messages);
                }
            }
        } catch (IOException | RuntimeException e) {
            failures.accept(new IOException("the pager has ended; who waits for a page of unified memory waits on", e));
        }
    }

    /** Who has just got a page often wants another at once: less than the time that waking this thread takes. */
    private int readSoon(FaultMessages messages) throws IOException {
        long start = System.nanoTime();
        while (ready.isEmpty() && strays.isEmpty() && !stopped && System.nanoTime() - start < SPIN_NANOS) {
            int count = messages.read(faults);
            if (count > 0) {
                return count;
            }
            Thread.onSpinWait();
        }
        return 0;
    }

    private void serve(Request request) {
        switch (service.serve(request)) {
            case Served.Done() -> {}
            case Served.After(List<CompletableFuture<?>> work) -> putAside(request, work);
            case Served.Stray() -> {
                if (request instanceof Fault) {
                    strays.add(request.address());
                }
            }
        }
    }

    private void putAside(Request request, List<CompletableFuture<?>> work) {
        if (!aside.add(request)) {
            return; // Another thread waits for the same page: it is woken together with this one.
        }
        CompletableFuture.allOf(work.toArray(CompletableFuture<?>[]::new)).whenComplete((nothing, failure) -> {
            aside.remove(request);
            request(request instanceof Fault fault ? new Fault(fault.address(), fault.write(), true) : request);
        });
    }

    /** Lets them look again: the region is there by now, or the mapping is gone and they get their fault. */
    private void wakeStrays() throws IOException {
        for (long address : strays) {
            service.wake(address);
        }
        strays.clear();
    }

    /** Ends the thread. Requests that are not served stay so. */
    @Override
    public void close() throws IOException {
        stopped = true;
        bell.ring();
        try {
            thread.join(JOIN_MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            throw new IOException("the pager did not end in " + JOIN_MILLISECONDS + " ms: the device does not answer");
        }
        bell.close();
    }
}
