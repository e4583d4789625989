package dev.cryo.proxy.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.lower.NeedsGpu;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

@NeedsGpu
class GpuProbeTest {
    @Test
    void aGpuIsFoundByTheNameThatItsDriversOwnToolPrints() throws Exception {
        Process tool = new ProcessBuilder("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<String> names = new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .map(String::strip)
                .toList();
        assertThat(tool.waitFor()).isZero();

        Finding finding = new GpuProbe().examine();

        assertThat(finding.works()).as(finding.detail()).isTrue();
        assertThat(names).as(finding.detail()).anyMatch(finding.detail()::startsWith);
        assertThat(finding.detail()).matches(".*; driver for CUDA [0-9]+\\.[0-9]+");
        assertThat(finding.remedy()).isEmpty();
    }
}
