package dev.cryo.upper.entry;

import java.lang.invoke.CallSite;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where rewritten classes of the application meet the upper half. Thread-safe. */
public final class Bridge {
    /** Finds what a rewritten native method does. */
    @FunctionalInterface
    public interface Linker {
        /**
         * The call site of a rewritten native method.
         *
         * @param caller the class that declares it
         * @param name its name
         * @param type its type
         */
        CallSite link(MethodHandles.Lookup caller, String name, MethodType type);
    }

    private static volatile @Nullable Linker linker;

    private Bridge() {}

    /** Sets the linker; called once, before any class is rewritten. */
    public static void connect(Linker to) {
        linker = to;
    }

    /** The bootstrap method of rewritten classes. */
    public static CallSite link(MethodHandles.Lookup caller, String name, MethodType type) {
        return Objects.requireNonNull(linker, "the agent has not started").link(caller, name, type);
    }
}
