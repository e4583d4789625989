package dev.cryo.benchmarks.endtoend;

import dev.cryo.proxy.host.Criu;
import dev.cryo.proxy.host.HostStateException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Skips a test where CRIU cannot be used, with the reason. */
@Tag("criu")
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsCriu.Condition.class)
@interface NeedsCriu {

    /** Asks CRIU itself, once. */
    final class Condition implements ExecutionCondition {
        private static final ConditionEvaluationResult RESULT = ask();

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            return RESULT;
        }

        private static ConditionEvaluationResult ask() {
            try {
                return ConditionEvaluationResult.enabled(Criu.usable(System.getenv()).version());
            } catch (HostStateException e) {
                return ConditionEvaluationResult.disabled(e.getMessage());
            }
        }
    }
}
