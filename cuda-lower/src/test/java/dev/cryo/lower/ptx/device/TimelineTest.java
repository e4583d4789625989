package dev.cryo.lower.ptx.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.cryo.lower.contract.OrderModel;
import dev.cryo.lower.device.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class TimelineTest {
    private final Scheduler scheduler = new Scheduler();
    private final DeviceContext context = new DeviceContext(1, 2, () -> null);
    private final Timeline timeline = new Timeline(scheduler, List.of(context));

    @AfterEach
    void close() {
        assertThat(scheduler.close(Duration.ofSeconds(10))).isTrue();
    }

    /** Operations of all weights, some slow, on seven streams; whatever CUDA orders must not overlap. */
    @RepeatedTest(5)
    void whatCudaOrdersHappensInThatOrder() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        int streamCount = 7;
        OrderModel model = new OrderModel(streamCount);
        List<DeviceStream> streams = new ArrayList<>();
        streams.add(context.legacy);
        for (int i = 1; i < streamCount; i++) {
            DeviceStream stream = new DeviceStream(10 + i, context,
                    model.isBlocking(i) ? DeviceStream.Kind.BLOCKING : DeviceStream.Kind.NON_BLOCKING);
            context.streams.add(stream);
            streams.add(stream);
        }
        AtomicLong ticks = new AtomicLong();
        List<OrderModel.Step> steps = new ArrayList<>();
        List<Probe> probes = new ArrayList<>();
        List<OrderModel.Step> recorded = new ArrayList<>();
        List<Work> marks = new ArrayList<>();
        for (int i = 0; i < 1500; i++) {
            int on = random.nextInt(10) == 0 ? 0 : 1 + random.nextInt(streamCount - 1);
            DeviceStream stream = streams.get(on);
            switch (random.nextInt(12)) {
                case 0 -> {
                    recorded.add(model.issue(on));
                    Work mark = new DeviceEvent.Mark(new Clock());
                    marks.add(mark);
                    timeline.enqueue(stream, mark);
                }
                case 1, 2 -> {
                    if (!marks.isEmpty()) {
                        int event = random.nextInt(marks.size());
                        model.await(on, recorded.get(event));
                        timeline.enqueue(stream, new Probe(stream, Work.Weight.INSTANT, 0, ticks), marks.get(event));
                    }
                }
                case 3 -> {
                    if (random.nextInt(8) == 0) {
                        model.joinAll();
                        timeline.fence(new Action(Work.Weight.LIGHT, context, "fence", () -> {}));
                    }
                }
                default -> {
                    Work.Weight weight = Work.Weight.values()[random.nextInt(3)];
                    int micros = weight == Work.Weight.HEAVY && random.nextInt(4) == 0 ? random.nextInt(300) : 0;
                    Probe probe = new Probe(stream, weight, micros, ticks);
                    steps.add(model.issue(on));
                    probes.add(probe);
                    timeline.enqueue(stream, probe);
                }
            }
        }
        assertThat(scheduler.awaitQuiet(Duration.ofSeconds(60))).isTrue();
        assertThat(scheduler.words()).isEmpty();
        for (int[] pair : OrderModel.orderedPairs(steps)) {
            if (probes.get(pair[0]).end >= probes.get(pair[1]).start) {
                fail("operation " + pair[1] + " began before " + pair[0] + " ended");
            }
        }
    }

    @Test
    void streamsThatNothingOrdersRunAtTheSameTime() throws Exception {
        CountDownLatch together = new CountDownLatch(8);
        AtomicInteger met = new AtomicInteger();
        for (int i = 0; i < 8; i++) {
            DeviceStream stream = new DeviceStream(10 + i, context, DeviceStream.Kind.NON_BLOCKING);
            context.streams.add(stream);
            timeline.enqueue(stream, new Action(Work.Weight.HEAVY, context, "meeting", () -> {
                together.countDown();
                try {
                    if (together.await(10, TimeUnit.SECONDS)) {
                        met.incrementAndGet();
                    }
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }));
        }
        assertThat(scheduler.awaitQuiet(Duration.ofSeconds(20))).isTrue();
        assertThat(met).hasValue(8);
    }

    @Test
    void moreOperationsThanThreadsAreRunByAndBy() throws Exception {
        AtomicInteger ran = new AtomicInteger();
        for (int i = 0; i < 3 * Scheduler.MOST_RUNNERS; i++) {
            DeviceStream stream = new DeviceStream(10 + i, context, DeviceStream.Kind.NON_BLOCKING);
            context.streams.add(stream);
            for (int j = 0; j < 5; j++) {
                timeline.enqueue(stream, new Action(Work.Weight.HEAVY, context, "nap", () -> {
                    LockSupport.parkNanos(1_000_000);
                    ran.incrementAndGet();
                }));
            }
        }
        assertThat(scheduler.awaitQuiet(Duration.ofSeconds(30))).isTrue();
        assertThat(ran).hasValue(3 * 5 * Scheduler.MOST_RUNNERS);
    }

    @Test
    void anOperationThatThrowsFaultsItsContextAndHoldsUpNothing() throws Exception {
        DeviceStream stream = context.legacy;
        timeline.enqueue(stream, new Probe(stream, Work.Weight.HEAVY, -1, new AtomicLong()));
        Probe dropped = new Probe(stream, Work.Weight.HEAVY, 0, new AtomicLong());
        timeline.enqueue(stream, dropped);
        assertThat(scheduler.awaitQuiet(Duration.ofSeconds(10))).isTrue();
        assertThat(context.fault()).isEqualTo(719);
        assertThat(dropped.end).isZero();
    }

    /** An operation that takes note of when it begins and ends. */
    private static final class Probe extends ContextWork {
        private final int micros;
        private final AtomicLong ticks;
        private volatile long start;
        private volatile long end;

        Probe(DeviceStream stream, Weight weight, int micros, AtomicLong ticks) {
            super(weight, stream);
            this.micros = micros;
            this.ticks = ticks;
        }

        @Override
        void perform() {
            start = ticks.incrementAndGet();
            if (micros < 0) {
                throw new DeviceFault(719, "as it was to");
            }
            if (micros > 0) {
                LockSupport.parkNanos(micros * 1000L);
            }
            end = ticks.incrementAndGet();
        }

        @Override
        String words() {
            return "probe on " + stream;
        }
    }
}
