package dev.cryo.upper.cuda;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Lines for the user, on standard error. The upper half uses no logging framework: one that the application brings must
 * not be started by it. (A device in the application's process does, for what it says of the application's kernels.)
 */
public final class Notices {
    private static final Set<String> SAID = ConcurrentHashMap.newKeySet();

    private Notices() {}

    /** Says something. */
    public static void say(String message) {
        System.err.println("cryo: " + message);
    }

    /** Says something unless it was said before. */
    public static void sayOnce(String message) {
        if (SAID.add(message)) {
            say(message);
        }
    }
}
