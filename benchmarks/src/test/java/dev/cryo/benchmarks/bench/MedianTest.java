package dev.cryo.benchmarks.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class MedianTest {
    @Test
    void itIsTheMiddleValueOrTheMeanOfTheTwoInTheMiddle() {
        assertThat(Median.of(List.of(9, 1, 5))).isEqualTo(5);
        assertThat(Median.of(List.of(4.0, 1.0, 2.0, 100.0))).isEqualTo(3);
        assertThatIllegalArgumentException().isThrownBy(() -> Median.of(List.of()));
    }
}
