package dev.cryo.lower;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NeedsGpuTest {
    @Test
    void aMissingDriverIsTheReasonToSkip() {
        assertThat(NeedsGpu.Condition.whyNot("libnowhere.so.1"))
                .contains("needs a GPU: there is no CUDA driver (libnowhere.so.1)");
    }
}
