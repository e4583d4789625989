package dev.cryo.lower.contract;

import java.lang.reflect.Method;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/**
 * Runs each test of a class {@linkplain OnTestBed on a bed} in a process of its own, with what is done before and after
 * it, if a fault {@linkplain FaultReach#PROCESS ends the process}; this one then does nothing but wait.
 */
final class OwnProcess implements InvocationInterceptor {
    @Override
    public void interceptBeforeEachMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        proceedOrSkip(invocation, context);
    }

    @Override
    public void interceptAfterEachMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        proceedOrSkip(invocation, context);
    }

    @Override
    public void interceptTestMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        proceedOrSkip(invocation, context);
        if (isElsewhere(context)) {
            ChildProcess.run(context.getUniqueId());
        }
    }

    private static void proceedOrSkip(Invocation<Void> invocation, ExtensionContext context) throws Throwable {
        if (isElsewhere(context)) {
            invocation.skip();
        } else {
            invocation.proceed();
        }
    }

    private static boolean isElsewhere(ExtensionContext context) {
        OnTestBed test = context.getRequiredTestInstances()
                .findInstance(OnTestBed.class)
                .orElseThrow(() -> new IllegalStateException(context.getDisplayName() + " has no bed"));
        return test.bed().faultReach() == FaultReach.PROCESS && !ChildProcess.isThisOne();
    }
}
