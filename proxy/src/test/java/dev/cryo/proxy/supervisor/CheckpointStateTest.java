package dev.cryo.proxy.supervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.proxy.supervisor.CheckpointState.Step;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CheckpointStateTest {
    private static final Map<CheckpointState, Map<Step, CheckpointState>> LEGAL = new EnumMap<>(Map.of(
            CheckpointState.RUNNING, Map.of(Step.GATE, CheckpointState.GATED),
            CheckpointState.GATED, Map.of(Step.DRAIN, CheckpointState.DRAINED),
            CheckpointState.DRAINED, Map.of(Step.CAPTURE, CheckpointState.CAPTURED),
            CheckpointState.CAPTURED,
                    Map.of(Step.RELEASE, CheckpointState.RELEASED, Step.COMMIT, CheckpointState.HELD),
            CheckpointState.RELEASED, Map.of(Step.COMMIT, CheckpointState.COMMITTED),
            CheckpointState.COMMITTED, Map.of(),
            CheckpointState.HELD, Map.of(),
            CheckpointState.ABORTED, Map.of()));

    private static final EnumSet<CheckpointState> ENDS =
            EnumSet.of(CheckpointState.COMMITTED, CheckpointState.HELD, CheckpointState.ABORTED);

    private static Map<Step, CheckpointState> legal(CheckpointState state) {
        return LEGAL.getOrDefault(state, Map.of());
    }

    @ParameterizedTest
    @EnumSource
    void everyStepLeadsWhereThePictureSays(CheckpointState state) {
        legal(state).forEach((step, next) -> assertThat(state.advance(step)).isEqualTo(next));
    }

    @ParameterizedTest
    @EnumSource
    void everyOtherStepIsRefused(CheckpointState state) {
        for (Step step : Step.values()) {
            boolean abort = step == Step.ABORT && !ENDS.contains(state);
            if (!abort && !legal(state).containsKey(step)) {
                assertThatThrownBy(() -> state.advance(step))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("a checkpoint that is " + state + " cannot " + step);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whateverIsNotAnEndCanBeAborted(CheckpointState state) {
        if (!ENDS.contains(state)) {
            assertThat(state.advance(Step.ABORT)).isEqualTo(CheckpointState.ABORTED);
            assertThat(state.advance(Step.ABORT).standsStill()).isFalse();
        }
    }
}
