package dev.cryo.benchmarks.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BudgetTest {
    private long now = 5_000;
    private final Budget budget = Budget.of(Duration.ofSeconds(100), () -> now);

    private void pass(long seconds) {
        now += Duration.ofSeconds(seconds).toNanos();
    }

    @Test
    void aShareIsOfWhatIsLeft() {
        pass(20);

        Budget half = budget.share(0.5);
        pass(10);

        assertThat(half.left()).isEqualTo(Duration.ofSeconds(30));
        assertThat(half.allows(Duration.ofSeconds(30))).isTrue();
        assertThat(half.allows(Duration.ofSeconds(31))).isFalse();
    }

    @Test
    void nothingIsLeftOfATimeThatIsOver() {
        pass(101);

        assertThat(budget.left()).isZero();
        assertThat(budget.allows(Duration.ofNanos(1))).isFalse();
    }

    @Test
    void whatRunsAtTheEndMayRunOnForHalfAMinute() {
        assertThat(budget.limit(Duration.ofSeconds(60))).isEqualTo(Duration.ofSeconds(60));
        pass(90);
        assertThat(budget.limit(Duration.ofSeconds(60))).isEqualTo(Duration.ofSeconds(40));
        pass(60);
        assertThat(budget.limit(Duration.ofSeconds(60))).isEqualTo(Duration.ofSeconds(30));
    }
}
