package dev.cryo.benchmarks.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.bench.measure.Budget;
import dev.cryo.benchmarks.bench.measure.Figures;
import dev.cryo.benchmarks.bench.measure.Size;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class PauseRatiosTest {
    private static final Size SIZE = Size.ofGib("8");
    private static final List<String> METHODS = List.of("device", "pinned", "app");

    private long now;
    private final Budget budget = Budget.of(Duration.ofSeconds(10), () -> now);
    private final Figures figures = new Figures(told -> {});
    private final Costs costs = new Costs();

    @Test
    void theBestIsOneThatSavesAllOfTheApplication() {
        figures.put("naive_8g_ms", 9000.0, 1);
        figures.put("pause_8g_device_ms", 300.0, 2);
        figures.put("pause_8g_pinned_ms", 600.0, 2);
        figures.put("pause_8g_app_ms", 10.0, 2);

        PauseRatios.put(figures, SIZE, METHODS, "app");

        assertThat(figures.number("pause_ratio_8g_device")).hasValue(30);
        assertThat(figures.number("pause_ratio_8g_pinned")).hasValue(15);
        assertThat(figures.number("pause_ratio_8g_app")).hasValue(900);
        assertThat(figures.number("pause_ratio_8g")).hasValue(30);
    }

    @Test
    void whatIsExtrapolatedSaysSo() {
        figures.put("naive_8g_extrapolated_ms", 9000.0, 1);
        figures.put("pause_8g_pinned_ms", 600.0, 2);

        PauseRatios.put(figures, SIZE, METHODS, "app");

        assertThat(figures.json())
                .contains("\"pause_ratio_8g_pinned_extrapolated\":15.0,\"pause_ratio_8g_extrapolated\":15.0}")
                .doesNotContain("\"pause_ratio_8g\"");
    }

    @Test
    void withoutANaiveOneOrAPauseThereIsNoRatio() {
        PauseRatios.put(figures, SIZE, METHODS, "app");
        figures.put("naive_8g_ms", 9000.0, 1);
        PauseRatios.put(figures, SIZE, METHODS, "app");

        assertThat(figures.json()).isEqualTo("{\"naive_8g_ms\":9000.0}");
    }

    @Test
    void aLargerSizeIsTakenForMoreExpensiveInProportion() {
        costs.put("device", new Size(1024), Duration.ofSeconds(3).toNanos());
        costs.putNaiveMillis(new Size(1024), 700);

        assertThat(costs.lack("pinned", SIZE, budget)).isEmpty();
        assertThat(costs.lack("device", new Size(4096), budget)).isEmpty();
        assertThat(costs.lack("device", SIZE, budget))
                .contains("no time: 10 s are left, and it may take 12 s");
        assertThat(costs.naiveMillis(SIZE)).hasValue(5600);
        assertThat(new Costs().naiveMillis(SIZE)).isEmpty();
    }

    @Test
    void whenNothingIsLeftNothingIsBegun() {
        now = Duration.ofSeconds(11).toNanos();

        assertThat(costs.lack("device", SIZE, budget)).contains("no time: 0 s are left, and it may take 0 s");
    }

    @Test
    void aDeviceHasToHaveRoomForTheCopiesToo() throws Exception {
        Room room = new Room(Path.of("/tmp"), 100L << 20, false);

        assertThat(room.lack(new Size(32), 2)).isEmpty();
        assertThat(room.lack(new Size(32), 3))
                .contains("the device has only 0.1 GiB free, for 3 x 0.031 GiB and what else is needed");
        assertThat(new Room(Path.of("/tmp"), Long.MAX_VALUE, false).lack(new Size(1 << 20), 1))
                .hasValueSatisfying(why -> assertThat(why).startsWith("the disk of /tmp has only "));
    }
}
