package dev.cryo.benchmarks.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.job.Workplace;
import dev.cryo.lower.NeedsGpu;
import org.junit.jupiter.api.Test;

/** Jobs on a GPU. */
@NeedsGpu
class NvidiaJobsOnGpuTest extends NvidiaJobs {
    @Override
    Workplace newPlace() throws Exception {
        return Places.createOnGpu();
    }

    @Override
    Workplace referencePlace() throws Exception {
        return newPlace();
    }

    /** NVIDIA's compiler chooses what it fuses, and its functions have other last bits. */
    @Override
    boolean computesAsTheProcessor() {
        return false;
    }

    @Test
    void aTrainingInTheApplicationsProcessEndsAsThatBesideAProxy() throws Exception {
        assertThat(train(place, "within", "--in-process", "--host", "app").sha256())
                .isEqualTo(train(place, "beside").sha256());
    }
}
