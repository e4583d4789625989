package dev.cryo.benchmarks.endtoend;

import dev.cryo.benchmarks.job.Workplace;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs on a driver that is simulated: everything but the driver itself is what runs on a GPU. */
class SimulatedGpuTest extends NvidiaJobs {
    @Override
    Workplace newPlace() throws Exception {
        return Places.createWithSimulatedGpu();
    }

    @Override
    Workplace referencePlace() throws Exception {
        return Places.create();
    }

    @Override
    boolean computesAsTheProcessor() {
        return true;
    }

    @Override
    @Test
    @Tag("soak")
    void aTrainingThatIsCapturedToTheHostEndsAsOneThatIsNot() throws Exception {
        super.aTrainingThatIsCapturedToTheHostEndsAsOneThatIsNot();
    }

    @Override
    @Test
    @Tag("soak")
    void aTrainingGoesToTheProcessorAndBack() throws Exception {
        super.aTrainingGoesToTheProcessorAndBack();
    }

    @Override
    @Test
    @Tag("soak")
    void managedVariablesSurvive() throws Exception {
        super.managedVariablesSurvive();
    }

    @Override
    @ParameterizedTest
    @Tag("soak")
    @ValueSource(strings = {"pages", "regions", "eager"})
    void unifiedMemorySurvives(String policy) throws Exception {
        super.unifiedMemorySurvives(policy);
    }
}
