package dev.cryo.proxy.supervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.proxy.driver.Gpu;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GpuMovesTest {
    private static final Gpu A1 = new Gpu("GPU-1", "A");
    private static final Gpu A2 = new Gpu("GPU-2", "A");
    private static final Gpu A3 = new Gpu("GPU-3", "A");
    private static final Gpu B4 = new Gpu("GPU-4", "B");

    @Test
    void nothingMovesWhereAllAreStillThere() throws Exception {
        assertThat(GpuMoves.between(List.of(A1), List.of(B4, A1))).isEmpty();
        assertThat(GpuMoves.between(List.of(), List.of(A1))).isEmpty();
    }

    @Test
    void whatIsStillThereStays() throws Exception {
        assertThat(GpuMoves.between(List.of(A1, A2), List.of(A3, A1))).isEqualTo(Map.of(A1, A1, A2, A3));
    }

    @Test
    void theSameModelIsPreferred() throws Exception {
        assertThat(GpuMoves.between(List.of(A1), List.of(B4, A2))).isEqualTo(Map.of(A1, A2));
        assertThat(GpuMoves.between(List.of(B4, A1), List.of(A2, A3))).isEqualTo(Map.of(A1, A2, B4, A3));
    }

    @Test
    void anotherModelIsTriedWhereThereIsNoOther() throws Exception {
        assertThat(GpuMoves.between(List.of(A1), List.of(B4))).isEqualTo(Map.of(A1, B4));
    }

    @Test
    void tooFewAreRefusedByName() {
        assertThatThrownBy(() -> GpuMoves.between(List.of(A1, A2), List.of(A3)))
                .isInstanceOf(JobException.class)
                .hasMessage("the application had A (GPU-1), A (GPU-2), and here are only A (GPU-3):"
                        + " every GPU that it saw needs one in its place");
        assertThatThrownBy(() -> GpuMoves.between(List.of(A1), List.of()))
                .hasMessageContaining("and here is none");
    }
}
