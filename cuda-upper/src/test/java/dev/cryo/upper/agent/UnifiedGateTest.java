package dev.cryo.upper.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.linux.VirtualMemory;
import dev.cryo.upper.cuda.Context;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.UnifiedMemory;
import dev.cryo.upper.cuda.UnifiedPages;
import dev.cryo.upper.fake.Rig;
import dev.cryo.upper.gate.CheckpointGate;
import dev.cryo.uvm.Policy;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class UnifiedGateTest {
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final Duration SHORT = Duration.ofMillis(100);

    private final List<String> told = Collections.synchronizedList(new ArrayList<>());
    private final List<Long> allocated = Collections.synchronizedList(new ArrayList<>());
    private final Map<Long, Long> mapped = new ConcurrentHashMap<>();
    private final CountDownLatch mapping = new CountDownLatch(1);
    private final CountDownLatch mayMap = new CountDownLatch(1);
    private RingRig rig;
    private Cuda cuda;
    private Context context;
    private UnifiedGate gate;

    @BeforeEach
    void start() throws Exception {
        rig = RingRig.start();
        ShadowPages pages = new ShadowPages(rig.ring(), Policy.EAGER);
        cuda = new Cuda(rig.ring(), SharedHostMemory::map, new SlowPages(pages));
        cuda.devices().initialize(0);
        context = cuda.contexts().create(0, 0);
        gate = new UnifiedGate(new Telling(CheckpointGate.of(rig.ring())), cuda.unifiedMemory(), pages);
    }

    @AfterEach
    void end() throws Exception {
        for (Map.Entry<Long, Long> region : mapped.entrySet()) {
            VirtualMemory.unmap(region.getKey(), region.getValue());
        }
        rig.close();
    }

    /** An allocation of two pages stands still in the middle. */
    private final class SlowPages implements UnifiedPages {
        private final UnifiedPages pages;

        SlowPages(UnifiedPages pages) {
            this.pages = pages;
        }

        @Override
        public void map(long address, long bytes) throws IOException {
            if (bytes == 8192) {
                mapping.countDown();
                try {
                    mayMap.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
            pages.map(address, bytes);
            mapped.put(address, bytes);
        }

        @Override
        public void unmap(long address, long bytes) throws IOException {
            pages.unmap(address, bytes);
            mapped.remove(address);
        }

        @Override
        public void open() throws IOException {
            pages.open();
        }
    }

    /** The gate of the ring, and how many shadows the lower half had been given when something was told. */
    private final class Telling implements CheckpointGate {
        private final CheckpointGate ofRing;

        Telling(CheckpointGate ofRing) {
            this.ofRing = ofRing;
        }

        private void tell(String what) {
            told.add(what + " " + rig.shadows().size());
        }

        @Override
        public void close() {
            tell("close");
            ofRing.close();
        }

        @Override
        public void open() {
            tell("open");
            ofRing.open();
        }

        @Override
        public boolean awaitQuiet(Duration timeout) throws InterruptedException {
            tell("await quiet");
            assertThat(timeout).isBetween(Duration.ZERO, LONG);
            return ofRing.awaitQuiet(timeout);
        }

        @Override
        public void lost() {
            tell("lost");
            ofRing.lost();
        }
    }

    /** The code that it ends with. */
    private CompletableFuture<Integer> allocation(long bytes) {
        return CompletableFuture.supplyAsync(
                () -> Rig.code(() -> allocated.add(
                        cuda.unifiedMemory().allocate(context, bytes, UnifiedMemory.GLOBAL))),
                task -> Thread.ofPlatform().daemon().start(task));
    }

    private static int codeOf(CompletableFuture<Integer> allocation) throws Exception {
        return allocation.get(10, TimeUnit.SECONDS);
    }

    @Test
    void theGateIsClosedWhenNoAllocationIsInTheMiddle() throws Exception {
        CompletableFuture<Integer> slow = allocation(8192);
        mapping.await();

        gate.close();
        assertThat(gate.awaitQuiet(SHORT)).isFalse();
        assertThat(told).isEmpty();
        CompletableFuture<Boolean> quiet = CompletableFuture.supplyAsync(this::awaitQuiet);
        mayMap.countDown();

        assertThat(codeOf(slow)).isZero();
        assertThat(quiet.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(told).containsExactly("close 1", "await quiet 1");
        assertThat(rig.device().last()).isInstanceOf(Call.ManagedAlloc.class);
        gate.open();
    }

    private boolean awaitQuiet() {
        try {
            return gate.awaitQuiet(LONG);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whatBeginsWhileItIsHeldWaitsUntilTheLowerHalfKnowsThePages() throws Exception {
        assertThat(codeOf(allocation(4096))).isZero();
        gate.close();
        assertThat(gate.awaitQuiet(LONG)).isTrue();
        CompletableFuture<Integer> late = allocation(4096);
        gate.suspend();
        Thread.sleep(SHORT);
        assertThat(late).isNotDone();
        assertThat(rig.shadows()).hasSize(1);

        gate.open();

        assertThat(codeOf(late)).isZero();
        assertThat(told).containsExactly("close 1", "await quiet 1", "open 2");
        assertThat(rig.shadows().getLast().written()).isTrue();
    }

    @Test
    void anEndOfAnAllocationWaitsAsWell() throws Exception {
        assertThat(codeOf(allocation(4096))).isZero();
        gate.close();
        assertThat(gate.awaitQuiet(LONG)).isTrue();
        long address = allocated.removeFirst();
        CompletableFuture<Integer> end = CompletableFuture.supplyAsync(
                () -> Rig.code(() -> cuda.unifiedMemory().free(address)),
                task -> Thread.ofPlatform().daemon().start(task));
        Thread.sleep(SHORT);
        assertThat(end).isNotDone();

        gate.open();

        assertThat(codeOf(end)).isZero();
    }

    @Test
    void aCheckpointThatIsGivenUpBeforeTheGateIsClosedLetsAllocationsGoOn() throws Exception {
        gate.close();
        gate.open();
        assertThat(codeOf(allocation(4096))).isZero();
        assertThat(told).containsExactly("open 0");
    }

    @Test
    void theLowerHalfIsLostWhereItCannotHaveThePagesAgain() throws Exception {
        assertThat(codeOf(allocation(4096))).isZero();
        gate.close();
        assertThat(gate.awaitQuiet(LONG)).isTrue();
        CompletableFuture<Integer> late = allocation(4096);
        gate.suspend();
        rig.device().refuseShadows(1);

        gate.open();

        assertThat(told).containsExactly("close 1", "await quiet 1", "lost 2", "open 2");
        assertThat(codeOf(late)).isEqualTo(CudaResult.DEVICE_UNAVAILABLE);
    }

    @Test
    void aLossWhileItIsHeldEndsTheWaiting() throws Exception {
        assertThat(codeOf(allocation(4096))).isZero();
        gate.close();
        assertThat(gate.awaitQuiet(LONG)).isTrue();
        CompletableFuture<Integer> late = allocation(4096);

        gate.lost();

        assertThat(codeOf(late)).isEqualTo(CudaResult.DEVICE_UNAVAILABLE);
        assertThat(told).containsExactly("close 1", "await quiet 1", "lost 1");
    }
}
