package dev.cryo.proxy.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class OneCallerTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    private final OneCaller caller = new OneCaller();

    @Test
    void givesTheAnswerOfItsThread() throws Exception {
        assertThat(caller.call("x", SOON, () -> Thread.currentThread().getName())).isEqualTo("cryo-driver");
    }

    @Test
    void passesARefusalOn() {
        DriverException refusal = new DriverException("no", 801);
        assertThatThrownBy(() -> caller.call("x", SOON, () -> {
            throw refusal;
        })).isSameAs(refusal);
    }

    @Test
    void saysWhatItWaitedFor() throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        AtomicInteger later = new AtomicInteger();
        assertThatThrownBy(() -> caller.call("cuCheckpointProcessRestore of process 7", Duration.ofSeconds(1), () -> {
            answer.await();
            return 0;
        })).hasMessage("waited 1 s for the NVIDIA driver's answer to cuCheckpointProcessRestore of process 7");
        assertThatThrownBy(() -> caller.call("cuInit", Duration.ofMillis(100), later::incrementAndGet))
                .hasMessageContaining("cuInit");

        answer.countDown();

        assertThat(caller.call("x", SOON, () -> 5)).isEqualTo(5);
        assertThat(later.get()).as("what nobody waits for any more is not done").isZero();
    }
}
