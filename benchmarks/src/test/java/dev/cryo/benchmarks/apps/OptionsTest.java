package dev.cryo.benchmarks.apps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class OptionsTest {
    private static Options parse(String... args) {
        return Options.parse(args, "steps", "20", "dir", "", "global", "false");
    }

    @Test
    void whatTheCommandLineDoesNotSayIsTheDefault() {
        Options options = parse();

        assertThat(options.count("steps")).isEqualTo(20);
        assertThat(options.text("dir")).isEmpty();
        assertThat(options.has("global")).isFalse();
    }

    @Test
    void valuesAndSwitchesAreRead() {
        Options options = parse("--global", "--steps", "7", "--dir", "here");

        assertThat(options.count("steps")).isEqualTo(7);
        assertThat(options.text("dir")).isEqualTo("here");
        assertThat(options.has("global")).isTrue();
    }

    @Test
    void whatIsWrongIsNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("--step", "7"))
                .withMessage("--step is unknown; known: --steps --dir --global");
        assertThatIllegalArgumentException().isThrownBy(() -> parse("--steps")).withMessage("--steps lacks its value");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("--steps", "many").count("steps"))
                .withMessage("--steps takes a number, not many");
    }
}
