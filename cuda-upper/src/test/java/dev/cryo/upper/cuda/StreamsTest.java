package dev.cryo.upper.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.call.Call;
import dev.cryo.upper.fake.Rig;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class StreamsTest {
    private static final long PER_THREAD = 2;

    private final Rig rig = Rig.start();

    private void use() {
        assertThat(Rig.code(() -> {
            Stream stream = rig.cuda().streams().of(rig.context(), PER_THREAD);
            rig.cuda().streams().synchronize(stream);
        })).isZero();
    }

    @Test
    void theDefaultStreamOfAThreadEndsWithIt() throws Exception {
        int before = rig.log().size();
        CountDownLatch over = new CountDownLatch(1);
        List<Thread> living = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            CountDownLatch used = new CountDownLatch(1);
            living.add(Thread.ofPlatform().start(() -> {
                use();
                used.countDown();
                awaitUnchecked(over);
            }));
            used.await();
        }
        Set<Long> kept = alive();
        assertThat(kept).hasSize(10);
        for (int i = 0; i < 1000; i++) {
            Thread thread = i % 2 == 0 ? Thread.ofPlatform().start(this::use) : Thread.startVirtualThread(this::use);
            thread.join();
        }
        assertThat(rig.log().size() - before).isLessThanOrEqualTo(2 * living.size() + 1);
        assertThat(rig.context().owned()).hasSizeLessThanOrEqualTo(2 * living.size() + 1);
        assertThat(alive()).containsAll(kept);
        over.countDown();
        for (Thread thread : living) {
            thread.join();
        }
    }

    private static void awaitUnchecked(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Set<Long> alive() {
        Set<Long> alive = new HashSet<>();
        for (Call call : rig.calls()) {
            switch (call) {
                case Call.StreamCreate it -> alive.add(it.stream());
                case Call.StreamDestroy it -> alive.remove(it.stream());
                default -> {
                    // Not about streams.
                }
            }
        }
        return alive;
    }
}
