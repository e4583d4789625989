package dev.cryo.benchmarks.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private String shown(boolean terminal) {
        Progress progress = new Progress(new PrintStream(out, true, StandardCharsets.UTF_8), terminal);
        progress.stage("Training");
        for (int epoch = 1; epoch <= 8; epoch++) {
            progress.at(epoch, 8);
        }
        progress.note("done");
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aTerminalGetsABarOnOneLine() {
        String shown = shown(true);

        assertThat(shown.lines()).first().isEqualTo("Training");
        assertThat(shown).contains("\r  [#####...................................] epoch 1/8 ")
                .endsWith("\r  [########################################] epoch 8/8 \n  done\n");
    }

    @Test
    void anythingElseGetsALineForEachQuarter() {
        assertThat(shown(false).lines())
                .containsExactly("Training", "  epoch 2/8", "  epoch 4/8", "  epoch 6/8", "  epoch 8/8", "  done");
    }
}
