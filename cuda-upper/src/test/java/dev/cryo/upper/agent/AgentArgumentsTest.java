package dev.cryo.upper.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.uvm.Policy;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AgentArgumentsTest {
    @Test
    void aFolderMayHaveCommasInItsName() {
        assertThat(AgentArguments.parse("/home/a,b/in-process,no-log"))
                .isEqualTo(new AgentArguments(
                        Optional.of(Path.of("/home/a,b/in-process,no-log")), false, "ptx", false, Policy.PAGES));
    }

    @Test
    void optionsStandBeforeTheFolder() {
        assertThat(AgentArguments.parse("in-process,device=fake,no-log,/job"))
                .isEqualTo(new AgentArguments(Optional.of(Path.of("/job")), true, "fake", true, Policy.PAGES));
        assertThat(AgentArguments.parse("in-process,-"))
                .isEqualTo(new AgentArguments(Optional.empty(), true, "ptx", false, Policy.PAGES));
        assertThat(AgentArguments.parse("unified-memory=regions,/job"))
                .isEqualTo(new AgentArguments(Optional.of(Path.of("/job")), false, "ptx", false, Policy.REGIONS));
    }

    @Test
    void whatIsMissingIsNamed() {
        assertThatThrownBy(() -> AgentArguments.parse("in-process"))
                .hasMessage("the agent needs the job's folder after its options: in-process");
        assertThatThrownBy(() -> AgentArguments.parse("-"))
                .hasMessage("an application without a job's folder must be in-process");
        assertThatThrownBy(() -> AgentArguments.parse("relative"))
                .hasMessage("unknown option of the agent: relative");
    }
}
