package dev.cryo.benchmarks.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ContentsTest {
    @Test
    void aWordIsThatOfSplitMix64() {
        // The first two outputs of SplitMix64 with seed 0; its state goes on by the same number as a round does.
        assertThat(Contents.sum(0, 1, 1)).isEqualTo(0xE220A8397B1DCDAFL);
        assertThat(Contents.sum(0, 1, 2)).isEqualTo(0x6E789E6AA1B965F4L);
    }

    @Test
    void aSumDependsOnThePlaceOfEachWord() {
        long first = Contents.sum(1 << 20, 1, 7);
        long second = Contents.sum((1 << 20) + 8, 1, 7);

        assertThat(first).isNotEqualTo(second);
        assertThat(Contents.sum(1 << 20, 2, 7)).isEqualTo(first + 3 * second);
    }
}
