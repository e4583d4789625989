package dev.cryo.benchmarks.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.cryo.benchmarks.bench.measure.Size;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SetupTest {
    private static Setup setup(String... gib) {
        List<Size> sizes = Stream.of(gib).map(Size::ofGib).toList();
        return new Setup("nvidia", "criu", null, Set.of(), sizes, 5, 10, 10, 10, "python3");
    }

    @Test
    void sizesAreNamedInWholeGibOrMib() {
        assertThat(Size.ofGib("8")).isEqualTo(new Size(8192));
        assertThat(Size.ofGib("8").label()).isEqualTo("8g");
        assertThat(Size.ofGib(" 0.0625").label()).isEqualTo("64m");
        assertThat(Size.ofGib("1.5").label()).isEqualTo("1536m");
        assertThat(Size.ofGib("32").bytes()).isEqualTo(32L << 30);
    }

    @Test
    void otherSizesAreRefused() {
        for (String wrong : List.of("0", "0.001", "-1", "NaN", "1e9", "many")) {
            assertThatIllegalArgumentException().as(wrong).isThrownBy(() -> Size.ofGib(wrong));
        }
    }

    @Test
    void theModerateSizeIsTheLargestUpTo8Gib() {
        assertThat(setup("32", "1", "8").moderate().label()).isEqualTo("8g");
        assertThat(setup("64", "0.0625", "2").moderate().label()).isEqualTo("2g");
        assertThat(setup("64", "16").moderate().label()).isEqualTo("16g");
    }

    @Test
    void aGpuWithoutNativesHasNothingPlain() {
        assertThat(setup("1").hasPlain()).isFalse();
    }

    @Test
    void partsAreChosenByNameOrLetter() {
        assertThat(PartName.parse("")).containsExactly(PartName.values());
        assertThat(PartName.parse("e, Overhead,b"))
                .containsExactly(PartName.OVERHEAD, PartName.PAUSE, PartName.DRIVER);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PartName.parse("a,f"))
                .withMessageStartingWith("f is no part; there are a (overhead), ");
    }
}
