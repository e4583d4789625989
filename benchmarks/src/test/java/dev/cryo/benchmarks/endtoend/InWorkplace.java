package dev.cryo.benchmarks.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.job.Workplace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A test with a workplace of its own, of which no process may be left. */
abstract class InWorkplace {
    @SuppressWarnings("NullAway.Init") // Set before each test.
    Workplace place;

    /** A new workplace of the kind that these tests need. */
    Workplace newPlace() throws Exception {
        return Places.create();
    }

    @BeforeEach
    final void createWorkplace() throws Exception {
        place = newPlace();
    }

    @AfterEach
    final void closeWorkplace() throws Exception {
        place.close();
        assertThat(place.processes()).isEmpty();
    }
}
