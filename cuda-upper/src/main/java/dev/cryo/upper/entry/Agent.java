package dev.cryo.upper.entry;

import java.io.File;
import java.lang.instrument.Instrumentation;
import java.lang.reflect.InvocationTargetException;

/**
 * The agent's first class. Refuses a JVM that is too old, by name, and hands over to {@link IsolatedLoader}.
 *
 * <p>Its argument is the job's folder, then options, separated by commas.
 */
public final class Agent {
    private static final int NEEDED = 25;

    /** The exit status of a JVM that is refused: as if its command could not be executed. */
    private static final int REFUSED = 126;

    private Agent() {}

    /** Called by the JVM before the application's main method; returns when the application may start. */
    public static void premain(String arguments, Instrumentation instrumentation) {
        int version = version(System.getProperty("java.specification.version"));
        if (version < NEEDED) {
            System.err.println("cryo: the application's JVM is Java " + System.getProperty("java.version") + " ("
                    + System.getProperty("java.home") + "), and cryo needs Java " + NEEDED
                    + ": start the application with the java of a JDK " + NEEDED);
            Runtime.getRuntime().halt(REFUSED);
        }
        try {
            start(arguments, instrumentation);
        } catch (Exception e) {
            Throwable why = e;
            while (why instanceof InvocationTargetException && why.getCause() != null) {
                why = why.getCause();
            }
            fail(why);
        }
    }

    /** The feature version, of "25" as of "1.8". */
    static int version(String specification) {
        String feature = specification.startsWith("1.") ? specification.substring(2) : specification;
        return Integer.parseInt(feature);
    }

    private static void start(String arguments, Instrumentation instrumentation) throws Exception {
        File jar = new File(
                Agent.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        Class.forName("dev.cryo.upper.entry.IsolatedLoader")
                .getMethod("start", File.class, String.class, Instrumentation.class)
                .invoke(null, jar.getAbsoluteFile().getParentFile(), arguments, instrumentation);
    }

    private static void fail(Throwable why) {
        String message = why.getMessage();
        System.err.println("cryo: the agent could not start: " + (message == null ? why.toString() : message));
        if (message == null || Boolean.getBoolean("cryo.debug")) {
            why.printStackTrace();
        }
        Runtime.getRuntime().halt(REFUSED);
    }
}
