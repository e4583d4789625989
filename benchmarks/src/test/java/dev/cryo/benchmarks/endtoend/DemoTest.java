package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.Workplace;
import dev.cryo.benchmarks.trainer.ReferenceTrainer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

@NeedsCriu
class DemoTest {
    @Test
    void theDemonstrationEndsWithEqualWeightsAndLeavesNothingBehind() throws Exception {
        try (Workplace place = Places.create()) {
            Path temporary = Files.createDirectory(place.home().resolve("tmp"));
            List<String> words = List.of("demo", "--epochs", "20");
            Child demo = place.start(place.cryo().with("JDK_JAVA_OPTIONS", "-Djava.io.tmpdir=" + temporary), words)
                    .succeed(RUN);

            String sha256 = ReferenceTrainer.train("--epochs", "20").sha256();
            assertThat(demo.out().text()).contains("epoch 5/20").contains("nothing was lost");
            assertThat(demo.out().texts().stream().filter(line -> line.contains(sha256))).hasSize(2);
            try (Stream<Path> left = Files.list(temporary)) {
                assertThat(left.filter(file -> file.getFileName().toString().startsWith("cryo-"))).isEmpty();
            }
            assertThat(place.processes()).isEmpty();
        }
    }
}
