package dev.cryo.proxy.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DoctorTest {
    @Test
    void everyThingIsExaminedAndWhatFailsHasARemedy() {
        List<Finding> findings = new Doctor(System.getenv()).examine();
        System.out.print(Doctor.table(findings));
        assertThat(findings).extracting(Finding::name)
                .containsExactly("JDK", "CRIU", "userfaultfd", "GPU", "process checkpoint", "OpenGL", "OpenCL");
        assertThat(findings).allSatisfy(finding -> {
            assertThat(finding.detail()).isNotBlank();
            assertThat(finding.remedy().isEmpty()).isEqualTo(finding.works());
        });
        assertThat(findings.getFirst().works()).isTrue();
    }

    @Test
    void aMissingLibraryIsNamed() {
        assertThat(new GpuProbe("libnowhere.so.1").examine().detail()).contains("libnowhere.so.1 is not there");
        assertThat(new OpenGlProbe("libnowhere.so.1").examine().detail()).contains("libnowhere.so.1 is not there");
        assertThat(new OpenClProbe("libnowhere.so.1").examine().remedy()).contains("pocl-opencl-icd");
    }

    @Test
    void aCriuThatDoesNotRunIsNamed() {
        Finding finding = new CriuProbe(Map.of("CRYO_CRIU", "/nowhere/criu", "PATH", "/usr/bin")).examine();
        assertThat(finding.works()).isFalse();
        assertThat(finding.detail()).isNotBlank();
        assertThat(finding.remedy()).contains("cryo setup");
    }

    @Test
    void theTableHasALineForEachFindingAndItsRemedy() {
        assertThat(Doctor.table(List.of(
                Finding.works("JDK", "25"),
                Finding.fails("OpenCL", "is not there", "install it"))))
                .isEqualTo("""
                        JDK     yes  25
                        OpenCL  no   is not there
                                     -> install it
                        """);
    }

    @Test
    void aFindingIsOneJsonObject() throws Exception {
        assertThat(new ObjectMapper().writeValueAsString(Finding.fails("GPU", "none", "buy one")))
                .isEqualTo("{\"name\":\"GPU\",\"works\":false,\"detail\":\"none\",\"remedy\":\"buy one\"}");
    }
}
