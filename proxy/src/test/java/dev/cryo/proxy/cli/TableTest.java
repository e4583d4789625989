package dev.cryo.proxy.cli;

import dev.cryo.proxy.supervisor.ByteSize;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

class TableTest {
    @Test
    void columnsAreAlignedAndNumbersStandToTheRight() {
        Table table = new Table("NAME", "SIZE", "STATE");
        table.add("a", "1.5 kB", "running");
        table.add("longer", "-", "ended");
        assertThat(table.toString()).isEqualTo("""
                NAME      SIZE  STATE
                a       1.5 kB  running
                longer       -  ended
                """);
    }

    @Test
    void sizesAreInTheUnitThatFits() {
        assertThat(ByteSize.words(999)).isEqualTo("999 B");
        assertThat(ByteSize.words(1000)).isEqualTo("1.0 kB");
        assertThat(ByteSize.words(999_960)).isEqualTo("1.0 MB");
        assertThat(ByteSize.words(Long.MAX_VALUE)).isEqualTo("9223372.0 TB");
    }

    @Test
    void spansAreInTheTwoUnitsThatMatter() {
        assertThat(Table.span(59_999)).isEqualTo("59s");
        assertThat(Table.span(3_599_000)).isEqualTo("59m59s");
        assertThat(Table.span(90_061_000)).isEqualTo("1d1h");
    }

    @Test
    void durationsAreReadAsPeopleWriteThem() {
        assertThat(new Durations().convert("500ms")).isEqualTo(Duration.ofMillis(500));
        assertThat(new Durations().convert("5m")).isEqualTo(Duration.ofMinutes(5));
        assertThatThrownBy(() -> new Durations().convert("5 minutes"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("'5 minutes' is no duration such as 500ms, 30s, 5m or 2h");
    }
}
