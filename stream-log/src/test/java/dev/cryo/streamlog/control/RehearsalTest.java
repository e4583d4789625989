package dev.cryo.streamlog.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RehearsalTest {
    @Test
    void whatIsSaidIsHeard() {
        assertThat(Rehearsal.SAID).isNotEmpty().allSatisfy(message ->
                assertThat(Rehearsal.exchange(message)).usingRecursiveComparison().isEqualTo(message));
    }

    @Test
    void theOwnPartRunsOnADaemonThreadThatEnds() throws Exception {
        CompletableFuture<Thread> ran = new CompletableFuture<>();
        Rehearsal.start(() -> ran.complete(Thread.currentThread()));
        Thread thread = ran.get(30, TimeUnit.SECONDS);
        assertThat(thread.isDaemon()).isTrue();
        assertThat(thread.getName()).isEqualTo("cryo-rehearsal");
        thread.join();
    }
}
