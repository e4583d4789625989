package dev.cryo.benchmarks.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class TrainerOptionsTest {
    @Test
    void everyOptionIsRead() {
        TrainerOptions options = TrainerOptions.parse(
                "--epochs", "3", "--hidden", "200", "--batch", "32", "--seed", "-9", "--runtime", "--pause-ms", "4",
                "--csv", "loss.csv");

        assertThat(options).isEqualTo(new TrainerOptions(3, 200, 32, -9, true, 4, Path.of("loss.csv")));
        assertThat(TrainerOptions.parse()).isEqualTo(TrainerOptions.DEFAULTS);
    }

    @Test
    void whatIsWrongIsNamed() {
        refused("--epochs takes a number, not many", "--epochs", "many");
        refused("--hidden must be 1 to 4096", "--hidden", "0");
        refused("--batch is unknown or lacks its value", "--batch");
        refused("--speed is unknown", "--speed", "9");
    }

    private static void refused(String message, String... args) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TrainerOptions.parse(args))
                .withMessage(message);
    }
}
