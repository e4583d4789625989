package dev.cryo.lower.nvidia.simulated;

import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A driver before another one: counts the calls of each function, and lets those fail that a test says, before they
 * reach the other driver. Functions are named as in {@link CudaDriver}. Thread-safe.
 */
public final class ScriptedDriver {
    private final CudaDriver behind;
    private final CudaDriver driver;
    private final List<String> calls = new ArrayList<>();
    private final List<Rule> rules = new ArrayList<>();

    /** Before a driver. */
    public ScriptedDriver(CudaDriver behind) {
        this.behind = behind;
        this.driver = (CudaDriver) Proxy.newProxyInstance(
                CudaDriver.class.getClassLoader(), new Class<?>[] {CudaDriver.class}, this::invoke);
    }

    /** What happens at a call of a function. */
    private interface Deed {
        void run() throws DriverException;
    }

    /** A deed that waits for a call; it belongs to the lock. */
    private static final class Rule {
        private final String function;
        private final Deed deed;
        private int callsUntil;
        private final boolean again;

        Rule(String function, int callsUntil, boolean again, Deed deed) {
            this.function = function;
            this.callsUntil = callsUntil;
            this.again = again;
            this.deed = deed;
        }
    }

    /** A call that is held up. */
    public static final class Hold {
        private final CountDownLatch arrived = new CountDownLatch(1);
        private final CountDownLatch released = new CountDownLatch(1);

        /** Waits until the call has come. */
        public void await() throws InterruptedException {
            arrived.await();
        }

        /** Lets it go on. */
        public void release() {
            released.countDown();
        }

        private void pass() {
            arrived.countDown();
            try {
                released.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The driver to use. */
    public CudaDriver driver() {
        return driver;
    }

    /** Lets a call of a function fail, the first from now on being 1. */
    public void fail(String function, int call, int code) {
        add(new Rule(function, call, false, () -> {
            throw new DriverException(code, function + " gives CUDA error " + code);
        }));
    }

    /** Lets all calls of a function from now on fail. */
    public void failAlways(String function, int code) {
        add(new Rule(function, 1, true, () -> {
            throw new DriverException(code, function + " gives CUDA error " + code);
        }));
    }

    /** Does something before a call of a function, the first from now on being 1. */
    public void before(String function, int call, Runnable deed) {
        add(new Rule(function, call, false, deed::run));
    }

    /** Holds up the next call of a function. */
    public Hold hold(String function) {
        Hold hold = new Hold();
        before(function, 1, hold::pass);
        return hold;
    }

    /** Takes back all that was told. */
    public synchronized void behave() {
        rules.clear();
    }

    /** The calls so far, such as {@code "free(4096)"}. */
    public synchronized List<String> calls() {
        return List.copyOf(calls);
    }

    /** How often a function was called. */
    public synchronized int calls(String function) {
        requireFunction(function);
        return (int) calls.stream().filter(call -> call.startsWith(function + "(")).count();
    }

    private synchronized void add(Rule rule) {
        requireFunction(rule.function);
        rules.add(rule);
    }

    private static void requireFunction(String name) {
        if (Arrays.stream(CudaDriver.class.getMethods()).noneMatch(method -> method.getName().equals(name))) {
            throw new IllegalArgumentException("the driver has no function " + name);
        }
    }

    private Object invoke(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
        if (method.getDeclaringClass() != Object.class) {
            for (Deed deed : note(method.getName(), arguments)) {
                deed.run();
            }
        }
        try {
            return method.invoke(behind, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause() == null ? e : e.getCause();
        }
    }

    private synchronized List<Deed> note(String function, Object @Nullable [] arguments) {
        calls.add(function + "(" + (arguments == null ? "" : words(arguments)) + ")");
        List<Deed> due = new ArrayList<>();
        rules.removeIf(rule -> {
            if (!rule.function.equals(function) || --rule.callsUntil > 0) {
                return false;
            }
            due.add(rule.deed);
            return !rule.again;
        });
        return due;
    }

    private static String words(Object[] arguments) {
        return Arrays.stream(arguments)
                .map(argument -> argument instanceof byte[] bytes ? bytes.length + " bytes" : String.valueOf(argument))
                .collect(Collectors.joining(", "));
    }
}
