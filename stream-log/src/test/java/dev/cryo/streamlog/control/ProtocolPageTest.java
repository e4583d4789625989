package dev.cryo.streamlog.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** docs/wire-protocol.md lists the messages that there are. */
class ProtocolPageTest {
    @Test
    void thePageHasARowForEveryMessageWithItsComponents() throws IOException {
        List<String> page = Files.readAllLines(Path.of("../docs/wire-protocol.md"));
        List<Class<? extends Record>> types = ControlMessage.VOCABULARY.types();
        for (Class<? extends Record> type : types) {
            String start = "| " + ControlMessage.VOCABULARY.opcode(type) + " | " + type.getSimpleName() + " |";
            List<String> rows = page.stream().filter(row -> row.startsWith(start)).toList();
            assertThat(rows).as("rows that begin with %s", start).hasSize(1);
            String components = rows.getFirst().split("\\|")[3];
            for (RecordComponent component : type.getRecordComponents()) {
                assertThat(components).as(type.getSimpleName()).contains(component.getName());
            }
        }
        assertThat(page.stream().filter(row -> row.matches("\\| [0-9]+ \\| [A-Z][A-Za-z]+ \\|.*")))
                .hasSize(types.size());
    }
}
