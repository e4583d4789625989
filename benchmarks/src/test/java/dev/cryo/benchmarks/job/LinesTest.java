package dev.cryo.benchmarks.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LinesTest {
    private static final Duration SOON = Duration.ofSeconds(5);

    private static Lines of(String text) {
        return new Lines("a test", new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void aLineIsFoundWheneverItCame() throws Exception {
        Lines lines = of("one\ntwo\nthree");
        lines.awaitEnd(SOON);

        assertThat(lines.await("tw", SOON).text()).isEqualTo("two");
        assertThat(lines.texts()).containsExactly("one", "two", "three");
    }

    @Test
    void aLineThatNeverComesIsToldWithWhatCame() {
        assertThatThrownBy(() -> of("one\n").await("two", SOON))
                .isInstanceOf(UnexpectedException.class)
                .hasMessage("a test ended without a line with \"two\"; it printed:\none");
        Lines silent = new Lines("a sleeper", new InputStream() {
            @Override
            public int read() throws java.io.IOException {
                try {
                    Thread.sleep(60_000);
                } catch (InterruptedException e) {
                    throw new java.io.IOException(e);
                }
                return -1;
            }
        });
        assertThatThrownBy(() -> silent.await("two", Duration.ofMillis(50)))
                .hasMessageStartingWith("a sleeper did not print within 0 s a line with \"two\"");
    }

    @Test
    void epochsAreReadFromTheTrainersLines() {
        assertThat(TrainerOutput.epoch("epoch 12/40 loss 0.123456")).isEqualTo(12);
        assertThat(TrainerOutput.epoch("accuracy 97.22 %")).isZero();
    }
}
