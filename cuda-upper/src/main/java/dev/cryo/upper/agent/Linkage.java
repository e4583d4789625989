package dev.cryo.upper.agent;

import java.lang.invoke.CallSite;
import java.lang.invoke.MethodType;

/** The translations of one binding class. Thread-safe. */
@FunctionalInterface
public interface Linkage {
    /** The call site of a native method; where there is no translation, it refuses and says so once. */
    CallSite link(String name, MethodType type);
}
