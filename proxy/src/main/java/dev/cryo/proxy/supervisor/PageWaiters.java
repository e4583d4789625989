package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.host.ApplicationProcess;
import dev.cryo.uvm.PagerWatch;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Ends processes that wait for pages of unified memory whose proxy is gone: a thread would wait for ever, and the
 * garbage collection with it. Thread-safe.
 */
final class PageWaiters implements AutoCloseable {
    /** How long an application with unified memory has to end after its proxy. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final Messages messages;
    private final List<PagerWatch> watches = new CopyOnWriteArrayList<>();

    PageWaiters(Messages messages) {
        this.messages = messages;
    }

    /** Watches an application that has lost its proxy; kills it if that cannot be done. */
    void watch(ProxyProcess lost, ApplicationProcess left) {
        try {
            ProcessHandle root = ProcessHandle.of(left.pid()).orElse(null);
            if (root == null) {
                return;
            }
            for (ProcessHandle waiting : UnifiedMemoryUse.under(root)) {
                watches.add(PagerWatch.start(lost.handle(), waiting, GRACE, messages::say));
            }
        } catch (IOException e) {
            messages.say("it cannot be told whether the application waits for pages of unified memory, and it "
                    + "is killed: " + e.getMessage());
            left.kill();
        }
    }

    /** Stops watching. */
    @Override
    public void close() {
        watches.forEach(PagerWatch::close);
    }
}
