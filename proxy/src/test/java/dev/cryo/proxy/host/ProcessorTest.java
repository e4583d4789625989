package dev.cryo.proxy.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessorTest {
    private static Processor of(boolean portable, String flags) {
        return Processor.of(List.of("processor\t: 0", "model name\t: Test 9000", "flags\t\t: " + flags, ""), portable);
    }

    @Test
    void whatTheOtherLacksIsNamedAndWhatItHasMoreIsNot() {
        Processor taken = of(false, "fpu sse2 avx avx2 avx512f sha_ni constant_tsc");
        Processor here = of(false, "fpu sse2 avx avx2 gfni");
        assertThat(taken.missingOn(here)).containsExactly("avx512f", "sha_ni");
        assertThat(here.missingOn(taken)).containsExactly("gfni");
        assertThat(taken.model()).isEqualTo("Test 9000");
    }

    @Test
    void aPortableImageAsksOnlyForWhatItsOptionsLeaveOn() {
        Processor taken = of(true, "fpu sse2 avx avx2 avx512f avx512_vbmi2 vaes sha_ni serialize");
        assertThat(taken.instructions()).containsExactly("avx", "avx2", "serialize", "sse2");
    }

    @Test
    void flagsThatAreNoInstructionsDoNotCount() {
        assertThat(of(false, "ibrs pti constant_tsc md_clear").instructions()).isEmpty();
    }
}
