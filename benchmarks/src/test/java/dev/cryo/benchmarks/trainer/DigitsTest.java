package dev.cryo.benchmarks.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DigitsTest {
    @Test
    void theSplitHoldsAllImagesOnce() throws Exception {
        Digits.Split split = Digits.load();

        assertThat(split.training().count()).isEqualTo(1437);
        assertThat(split.test().count()).isEqualTo(360);
        // The digits' counts and the sum of all pixels in 16ths are those of the published file.
        for (int digit = 0; digit < Digits.CLASSES; digit++) {
            int wanted = digit;
            long count = IntStream.concat(IntStream.of(split.training().labels()), IntStream.of(split.test().labels()))
                    .filter(label -> label == wanted)
                    .count();
            assertThat(count).isEqualTo(new int[] {178, 182, 177, 183, 181, 182, 181, 179, 174, 180}[digit]);
        }
        assertThat(sum(split.training()) + sum(split.test())).isEqualTo(561718);
    }

    private static long sum(Digits digits) {
        double sum = 0;
        for (float pixel : digits.images()) {
            assertThat(pixel).isBetween(0f, 1f);
            sum += pixel * 16;
        }
        return Math.round(sum);
    }
}
