package dev.cryo.lower.ptx.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SchedulerTest {
    private static final int ROUNDS = 20_000;
    /** What an operation waits at most for a thread; a wake-up that was lost would take ten seconds. */
    private static final long SECONDS = 5;

    private final Scheduler scheduler = new Scheduler();

    @AfterEach
    void close() {
        scheduler.close();
    }

    /** Operations come at about the moment when the thread that had run out of them goes to sleep. */
    @Test
    void noOperationIsForgottenByAThreadThatFallsAsleep() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        Thread looking = Thread.ofPlatform().daemon().start(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                scheduler.words();
            }
        });
        try {
            for (int round = 0; round < ROUNDS; round++) {
                CountDownLatch ran = new CountDownLatch(1);
                scheduler.submit(new Counting(ran), List.of());
                assertThat(ran.await(SECONDS, TimeUnit.SECONDS)).as("round %d", round).isTrue();
                spin(random.nextLong(60_000));
            }
        } finally {
            looking.interrupt();
            looking.join();
        }
    }

    @Test
    void whatRunsIsTold() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        for (int i = 0; i < 3; i++) {
            scheduler.submit(new Held(release), List.of());
        }

        assertThat(scheduler.words()).matches("(held for \\d+\\.\\d s(; )?){3}");
        release.countDown();
        assertThat(scheduler.awaitQuiet(Duration.ofSeconds(SECONDS))).isTrue();
        assertThat(scheduler.words()).isEmpty();
    }

    private static void spin(long nanos) {
        for (long start = System.nanoTime(); System.nanoTime() - start < nanos; ) {
            Thread.onSpinWait();
        }
    }

    private static final class Counting extends Work {
        private final CountDownLatch ran;

        Counting(CountDownLatch ran) {
            super(Weight.HEAVY);
            this.ran = ran;
        }

        @Override
        void run() {
            ran.countDown();
        }

        @Override
        void failed(Throwable cause) {
            throw new AssertionError(cause);
        }

        @Override
        String words() {
            return "count";
        }
    }

    private static final class Held extends Work {
        private final CountDownLatch release;

        Held(CountDownLatch release) {
            super(Weight.HEAVY);
            this.release = release;
        }

        @Override
        void run() {
            try {
                release.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        void failed(Throwable cause) {
            throw new AssertionError(cause);
        }

        @Override
        String words() {
            return "held";
        }
    }
}
