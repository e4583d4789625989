package dev.cryo.benchmarks.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class ReferenceTrainerTest {
    @Test
    void theDefaultsLearnTheDigits() throws Exception {
        ReferenceTrainer.Result result = ReferenceTrainer.train();

        assertThat(result.accuracy()).isGreaterThanOrEqualTo(95.0);
        assertThat(result.losses()).hasSize(TrainerOptions.DEFAULTS.epochs());
        assertThat(result.losses().getLast()).isLessThan(result.losses().getFirst() / 10);
        // The same on every machine: nothing but exactly rounded operations in a fixed order.
        assertThat(result.sha256()).isEqualTo("6e62f1d129f9c9caa3f4bb0ee08b5fcec65827c22d4f8ac995495017ba7836bf");
    }

    @Test
    void equalOptionsGiveEqualWeightsAndAnotherSeedGivesOthers() throws Exception {
        String first = ReferenceTrainer.train("--epochs", "2", "--seed", "7").sha256();

        assertThat(ReferenceTrainer.train("--epochs", "2", "--seed", "7").sha256()).isEqualTo(first);
        assertThat(ReferenceTrainer.train("--epochs", "2", "--seed", "8").sha256()).isNotEqualTo(first);
    }

    @Test
    void anUntrainedNetworkGuessesAndItsLossIsThatOfGuessing() throws Exception {
        assertThat(ReferenceTrainer.train("--epochs", "0").accuracy()).isLessThan(40.0);
    }

    @Test
    void exponentialAndLogarithmAreAsExactAsTheKernelsSay() {
        for (float x = -86.9f; x <= 0; x += 0.00037f) {
            double expected = Math.exp(x);
            assertThat((double) ReferenceTrainer.exponential(x)).isCloseTo(expected, Offset.offset(4e-7 * expected));
        }
        for (float x = 1; x <= 32; x += 0.00037f) {
            assertThat((double) ReferenceTrainer.logarithm(x)).isCloseTo(Math.log(x), Offset.offset(1e-6));
        }
    }
}
