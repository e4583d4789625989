package dev.cryo.benchmarks.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.job.TrainerOutput;
import org.junit.jupiter.api.Test;

class DemoResultTest {
    private static DemoResult result(String one, String other) {
        return new DemoResult(
                new TrainerOutput.Result("97.22", one.repeat(64), 0),
                new TrainerOutput.Result("97.22", other.repeat(64), 0),
                123_456_789,
                3 << 20,
                1_500_000_000);
    }

    @Test
    void onlyTheSameWeightsAreEqual() {
        assertThat(result("a", "a").equal()).isTrue();
        assertThat(result("a", "b").equal()).isFalse();
    }

    @Test
    void theTableHasBothHashesAndTheTimes() {
        String table = result("a", "b").table();

        assertThat(table.lines()).hasSize(10).allMatch(line -> line.length() == 92);
        assertThat(table)
                .contains("| left be  |    97.22 % | " + "a".repeat(64) + " |")
                .contains("| killed   |    97.22 % | " + "b".repeat(64) + " |")
                .contains("|     123 ms |")
                .contains("|    3.0 MiB |")
                .contains("|    1500 ms |");
    }
}
