package dev.cryo.lower;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Skips a test where there is no NVIDIA GPU, with the reason. {@code ./cryo test --gpu} runs these tests alone. */
@Tag("gpu")
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsGpu.Condition.class)
public @interface NeedsGpu {

    /** Asks the CUDA driver, once. */
    final class Condition implements ExecutionCondition {
        private static final ConditionEvaluationResult RESULT = ask();

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            return RESULT;
        }

        private static ConditionEvaluationResult ask() {
            return whyNot("libcuda.so.1")
                    .map(ConditionEvaluationResult::disabled)
                    .orElseGet(() -> ConditionEvaluationResult.enabled("there is a GPU"));
        }

        /** Why there is no GPU, by the driver's library of this name. */
        static Optional<String> whyNot(String library) {
            SymbolLookup driver;
            try {
                driver = SymbolLookup.libraryLookup(library, Arena.global());
            } catch (IllegalArgumentException e) {
                return Optional.of("needs a GPU: there is no CUDA driver (" + library + ")");
            }
            try (Arena arena = Arena.ofConfined()) {
                int started = call(driver, "cuInit", ValueLayout.JAVA_INT, 0);
                if (started != 0) {
                    return Optional.of("needs a GPU: the CUDA driver does not start (cuInit gives error " + started
                            + ")");
                }
                MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
                int counted = call(driver, "cuDeviceGetCount", ValueLayout.ADDRESS, count);
                if (counted != 0) {
                    return Optional.of("needs a GPU: cuDeviceGetCount gives error " + counted);
                }
                return count.get(ValueLayout.JAVA_INT, 0) > 0
                        ? Optional.empty()
                        : Optional.of("needs a GPU: the CUDA driver finds none");
            }
        }

        private static int call(SymbolLookup driver, String function, ValueLayout layout, Object argument) {
            try {
                return (int) Linker.nativeLinker()
                        .downcallHandle(
                                driver.findOrThrow(function), FunctionDescriptor.of(ValueLayout.JAVA_INT, layout))
                        .invokeWithArguments(argument);
            } catch (Throwable e) {
                throw new IllegalStateException("cannot call " + function, e);
            }
        }
    }
}
