package dev.cryo.upper.agent;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CallChannel.CallFailedException;
import dev.cryo.streamlog.linux.LinuxException;
import dev.cryo.streamlog.linux.Userfaultfd;
import dev.cryo.streamlog.ring.RingClient;
import dev.cryo.upper.cuda.Notices;
import dev.cryo.upper.cuda.UnifiedMemory;
import dev.cryo.upper.cuda.UnifiedPages;
import dev.cryo.uvm.Handover;
import dev.cryo.uvm.Policy;
import dev.cryo.uvm.Span;
import dev.cryo.uvm.application.ShadowMemory;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The shadow of unified memory in an application beside a proxy. It comes into being with the first region: most
 * applications have none. Where page faults are not permitted, or the proxy cannot take them over, all is copied.
 */
final class ShadowPages implements UnifiedPages {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final Span SPACE = new Span(UnifiedMemory.SPACE, UnifiedMemory.SPACE_BYTES);

    private final RingClient ring;
    private final Policy policy;
    private @Nullable ShadowMemory shadow;
    private boolean eager;
    private boolean opened;
    private boolean suspended;

    ShadowPages(RingClient ring, Policy policy) {
        this.ring = ring;
        this.policy = policy;
    }

    @Override
    public synchronized void map(long address, long bytes) throws IOException {
        ShadowMemory known = shadow;
        if (known == null) {
            eager = isEager();
            known = ShadowMemory.open(SPACE, eager ? Policy.EAGER : policy);
            shadow = known;
        }
        known.map(new Span(address, bytes));
    }

    @Override
    public synchronized void unmap(long address, long bytes) throws IOException {
        if (shadow != null) {
            shadow.unmap(new Span(address, bytes));
        }
    }

    @Override
    public synchronized void open() throws IOException {
        ShadowMemory known = shadow;
        if (known != null && !opened) {
            open(known, false);
        }
    }

    /** As a host dump needs it; the lower half has left the pages before. */
    synchronized void suspend() throws LinuxException {
        if (shadow != null) {
            shadow.suspend();
            suspended = true;
        }
    }

    /** After a checkpoint, in the same process or a restored one, before the application's calls go on. */
    synchronized void resume() throws IOException {
        ShadowMemory known = shadow;
        if (known == null) {
            return;
        }
        if (suspended) {
            eager = isEager();
            known.resume(eager);
            suspended = false;
        }
        open(known, true);
    }

    private boolean isEager() {
        return policy == Policy.EAGER || Userfaultfd.whyNot().isPresent();
    }

    private void open(ShadowMemory known, boolean written) throws IOException {
        if (!eager && !handOver(known, written)) {
            known.suspend();
            known.resume(true);
            eager = true;
        }
        if (eager) {
            if (policy != Policy.EAGER) {
                Notices.sayOnce("unified memory is copied eagerly, as page faults cannot be had here; see cryo doctor");
            }
            if (!handOver(known, written)) {
                throw new IOException("the lower half cannot have the application's shadow pages");
            }
        }
        opened = true;
    }

    /** Passes a closed gate: calls that wait there are about memory that the lower half is to know first. */
    private boolean handOver(ShadowMemory known, boolean written) throws IOException {
        Handover it = known.handover();
        Span space = it.space();
        Call.ManagedOpen call = new Call.ManagedOpen(
                it.memory(), it.faults(), space.address(), space.bytes(), it.wholeRegions(), written);
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        Thread.ofPlatform().name("cryo-handover").daemon().start(() -> {
            try {
                ring.callPastGate(call);
                answer.complete(true);
            } catch (CallFailedException e) {
                answer.complete(false);
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        try {
            return answer.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new IOException("the lower half did not take the shadow pages in " + TIMEOUT.toSeconds() + " s", e);
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the shadow pages are handed over", e);
        }
    }
}
