package dev.cryo.upper.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StagingPoolTest {
    private static final long CHUNK = 64 << 10;

    private final StagingPool pool = new StagingPool(MemorySegment.ofArray(new byte[(int) (8 * CHUNK)]));

    @Test
    void rangesDoNotOverlapAndAreReused() {
        assertThat(pool.reserve(1)).isZero();
        assertThat(pool.reserve(CHUNK + 1)).isEqualTo(CHUNK);
        assertThat(pool.reserve(CHUNK)).isEqualTo(3 * CHUNK);
        pool.release(CHUNK, CHUNK + 1);
        assertThat(pool.reserve(2 * CHUNK)).isEqualTo(CHUNK);
    }

    @Test
    void whoFindsNothingFreeWaits() throws Exception {
        for (int i = 0; i < 8; i++) {
            pool.reserve(CHUNK);
        }
        CompletableFuture<Long> waiting = CompletableFuture.supplyAsync(() -> pool.reserve(2 * CHUNK));
        pool.release(5 * CHUNK, CHUNK);
        Thread.sleep(20);
        assertThat(waiting).isNotDone();
        pool.release(6 * CHUNK, CHUNK);
        assertThat(waiting.get(10, TimeUnit.SECONDS)).isEqualTo(5 * CHUNK);
    }

    @Test
    void whoWaitsForARangeIsToldWhenThePoolIsAbandoned() throws Exception {
        for (int i = 0; i < 8; i++) {
            pool.reserve(CHUNK);
        }
        CompletableFuture<Long> waiting = CompletableFuture.supplyAsync(() -> pool.reserve(CHUNK));
        Thread.sleep(20);
        assertThat(waiting).isNotDone();
        pool.abandon();
        assertThat(waiting.get(10, TimeUnit.SECONDS)).isEqualTo(-1);
    }

    @Test
    void moreThanTheLimitIsRefused() {
        assertThat(pool.limit()).isEqualTo(2 * CHUNK);
        assertThatThrownBy(() -> pool.reserve(2 * CHUNK + 1)).hasMessageContaining("at most 131072");
    }
}
