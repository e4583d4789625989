package dev.cryo.benchmarks.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FiguresTest {
    private final List<String> told = new ArrayList<>();
    private final Figures figures = new Figures(told::add);

    @Test
    void theyAreOneFlatObjectInTheOrderTheyCame() {
        figures.put("pause_1g_ms", 12.3456, 2);
        figures.put("image_bytes", 1L << 40);
        figures.put("device", "an \"H100\"");
        figures.put("equal", true);

        assertThat(figures.json())
                .isEqualTo("{\"pause_1g_ms\":12.35,\"image_bytes\":1099511627776,\"device\":\"an \\\"H100\\\"\","
                        + "\"equal\":true}");
        assertThat(figures.text())
                .isEqualTo("pause_1g_ms  12.35\nimage_bytes  1099511627776\ndevice       an \"H100\"\n"
                        + "equal        true");
    }

    @Test
    void eachIsToldWhenItComes() {
        figures.put("ratio", 1.5, 3);
        figures.put("ratio", 1.25, 3);

        assertThat(told).containsExactly("ratio 1.5", "ratio 1.25");
        assertThat(figures.json()).isEqualTo("{\"ratio\":1.25}");
    }

    @Test
    void whatFailedIsNamedAndTheRestStays() {
        figures.put("launch_ns_plain", 2000.0, 1);
        figures.skipped("driver_torch", "no torch");
        assertThat(figures.whole()).isTrue();

        figures.failed("pause_1g", new IllegalStateException("it fell over"));

        assertThat(figures.whole()).isFalse();
        assertThat(figures.json())
                .isEqualTo("{\"launch_ns_plain\":2000.0,\"driver_torch_skipped\":\"no torch\","
                        + "\"pause_1g_failed\":\"it fell over\"}");
    }

    @Test
    void aFailureWithoutAMessageIsNamedByItsKind() {
        figures.failed("pause", new IllegalStateException());

        assertThat(figures.json()).isEqualTo("{\"pause_failed\":\"java.lang.IllegalStateException\"}");
    }

    @Test
    void ofALongFailureTheBeginningAndTheEndAreKept() {
        figures.failed("pause", new IllegalStateException("begin" + "x".repeat(10_000) + "end"));

        String message = "begin" + "x".repeat(995) + "\\n[...]\\n" + "x".repeat(2997) + "end";
        assertThat(figures.json()).isEqualTo("{\"pause_failed\":\"" + message + "\"}");
    }

    @Test
    void whatIsNoNumberIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> figures.put("ratio", 0.0 / 0, 3))
                .withMessage("ratio would be NaN");
    }

    @Test
    void onlyNumbersAreNumbers() {
        figures.put("ms", 4.5, 1);
        figures.put("name", "5");

        assertThat(figures.number("ms")).hasValue(4.5);
        assertThat(figures.number("name")).isEmpty();
        assertThat(figures.number("none")).isEmpty();
    }
}
