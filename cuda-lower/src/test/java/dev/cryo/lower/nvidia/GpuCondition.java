package dev.cryo.lower.nvidia;

import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.lower.nvidia.driver.LibCuda;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Whether there is a GPU. */
public final class GpuCondition implements ExecutionCondition {
    private static final ConditionEvaluationResult RESULT = evaluate();

    private static ConditionEvaluationResult evaluate() {
        try {
            CudaDriver driver = LibCuda.open();
            driver.initialize();
            return driver.devices() > 0
                    ? ConditionEvaluationResult.enabled("there is a " + driver.name(0))
                    : ConditionEvaluationResult.disabled("no GPU: the driver has no device");
        } catch (DriverException e) {
            return ConditionEvaluationResult.disabled("no GPU: " + e.getMessage());
        }
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        return RESULT;
    }
}
