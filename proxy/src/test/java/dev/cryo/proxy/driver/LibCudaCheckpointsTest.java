package dev.cryo.proxy.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class LibCudaCheckpointsTest {
    @Test
    void isNamedWhereItIsMissing() {
        assertThatThrownBy(() -> LibCudaCheckpoints.load("libnowhere.so.1"))
                .isInstanceOf(DriverException.class)
                .hasMessage("there is no NVIDIA driver (libnowhere.so.1 is not there)");
    }

    @Test
    void errorsAreToldInPlainWordsByWhatWasDone() {
        assertThat(Operation.LOCK.meaning(600)).isEqualTo("what it had submitted to the device did not end in time");
        assertThat(Operation.CHECKPOINT.meaning(801)).contains("managed (unified) memory", "(IPC)");
        assertThat(Operation.RESTORE.meaning(801)).contains("another chip type");
        assertThat(Operation.RESTORE.meaning(2)).contains("not enough free memory");
        assertThat(Operation.CHECKPOINT.meaning(2)).contains("no host memory");
        assertThat(Operation.UNLOCK.meaning(999)).isEmpty();
    }

    @Test
    void aGpuIsReadAsItIsWritten() {
        Gpu gpu = new Gpu("GPU-eea0d83f-ebcd-ac27-6b3e-bec2a19724e6", "NVIDIA H100 80GB HBM3");
        assertThat(Gpu.parse(gpu.toString())).isEqualTo(gpu);
        assertThatThrownBy(() -> Gpu.parse("GPU-1")).isInstanceOf(IllegalArgumentException.class);
    }
}
