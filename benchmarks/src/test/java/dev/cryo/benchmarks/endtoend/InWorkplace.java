package dev.cryo.benchmarks.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.job.Workplace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A test with a workplace of its own, of which no process may be left. */
abstract class InWorkplace {
    @SuppressWarnings("NullAway.Init") // Set before each test.
    Workplace place;

    @BeforeEach
    final void createWorkplace() throws Exception {
        place = Places.create();
    }

    @AfterEach
    final void closeWorkplace() throws Exception {
        place.close();
        assertThat(place.processes()).isEmpty();
    }
}
