package dev.cryo.benchmarks.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.bench.measure.Figures;
import org.junit.jupiter.api.Test;

class OverheadTimesTest {
    private final OverheadTimes times = new OverheadTimes();
    private final Figures figures = new Figures(told -> {});

    private void add(Way way, String result, long... steadyMillis) {
        for (long millis : steadyMillis) {
            times.add(way, new OverheadTimes.Run(millis * 1_000_000, millis * 2_000_000 + 1_000_000_000, result));
        }
    }

    @Test
    void ratiosAreOfMediansToThoseWithoutCryo() {
        add(Way.PLAIN, "x", 5000, 4000, 9000);
        add(Way.PROXY, "x", 5050, 5100, 1);
        add(Way.IN_PROCESS, "x", 5000, 5010, 5020);

        times.putInto(figures, "overhead_trainer");

        assertThat(figures.json())
                .isEqualTo("{\"overhead_trainer_plain_ms\":5000.0,\"overhead_trainer_plain_wall_ms\":11000.0,"
                        + "\"overhead_trainer_proxy_ms\":5050.0,\"overhead_trainer_proxy_wall_ms\":11100.0,"
                        + "\"overhead_trainer_proxy_ratio\":1.01,\"overhead_trainer_proxy_wall_ratio\":1.0091,"
                        + "\"overhead_trainer_inprocess_ms\":5010.0,\"overhead_trainer_inprocess_wall_ms\":11020.0,"
                        + "\"overhead_trainer_inprocess_ratio\":1.002,"
                        + "\"overhead_trainer_inprocess_wall_ratio\":1.0018,"
                        + "\"overhead_trainer_results_equal\":true,\"overhead_trainer_runs\":3}");
    }

    @Test
    void withoutPlainRunsThereAreNoRatios() {
        add(Way.PROXY, "", 10);

        times.putInto(figures, "o");

        assertThat(figures.json()).isEqualTo("{\"o_proxy_ms\":10.0,\"o_proxy_wall_ms\":1020.0,\"o_runs\":1}");
    }

    @Test
    void anotherResultIsTold() {
        add(Way.PLAIN, "x", 1);
        add(Way.PROXY, "y", 1);

        times.putInto(figures, "o");

        assertThat(figures.json()).contains("\"o_results_equal\":false");
    }

    @Test
    void theFewestRunsOfAWayAreTold() {
        add(Way.PLAIN, "", 1, 2, 3);
        add(Way.PROXY, "", 1, 2);

        times.putInto(figures, "o");

        assertThat(figures.number("o_runs")).hasValue(2);
        assertThat(times.steadyNanos(Way.PLAIN)).isEqualTo(2e6);
        assertThat(times.has(Way.IN_PROCESS)).isFalse();
    }
}
