package dev.cryo.lower.ptx.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.lower.contract.ManagedVariablesContract;
import dev.cryo.lower.contract.PtxBed;
import dev.cryo.lower.ptx.GlobalInfo;
import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.PtxModule;
import org.junit.jupiter.api.Test;

/** Managed variables on the PTX device, and how they are read. */
class PtxManagedVariablesTest extends ManagedVariablesContract {
    PtxManagedVariablesTest() {
        super(new PtxBed());
    }

    @Test
    void theyAreLaidOutApartFromTheOthers() throws PtxException {
        PtxModule module = PtxModule.parse(TEXT);
        assertThat(module.globals())
                .containsExactly(
                        new GlobalInfo("counter", false, true, 0, 4, 4),
                        new GlobalInfo("plain", false, false, 0, 4, 4),
                        new GlobalInfo("table", false, true, 16, 20, 16),
                        new GlobalInfo("to_plain", false, true, 40, 8, 8),
                        new GlobalInfo("to_table", false, false, 8, 8, 8));
        assertThat(module.managedBytes()).isEqualTo(48);
        assertThat(module.globalsBytes()).isEqualTo(16);
        assertThat(PtxModule.managedBytes(text())).isEqualTo(48);
    }

    @Test
    void otherAttributesAndPlacesAreRefused() {
        for (String declaration : new String[] {
            ".global .attribute(.unified(1,2)) .u32 x;", ".const .attribute(.managed) .u32 x;",
            ".shared .attribute(.managed) .u32 x;", ".global .attribute .u32 x;", ".global .attribute(.managed .u32 x;"
        }) {
            assertThatThrownBy(() -> PtxModule.parse(".version 9.0 .target sm_75 .address_size 64 " + declaration))
                    .isInstanceOf(PtxException.class);
        }
    }
}
