package dev.cryo.benchmarks.apps;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The options of an application: what it declares with their defaults, and what the command line says instead. An
 * option whose default is {@code "false"} is a switch and takes no value.
 */
public final class Options {
    private final Map<String, String> values;

    private Options(Map<String, String> values) {
        this.values = values;
    }

    /**
     * Reads a command line.
     *
     * @param declared names and defaults in turn: {@code "steps", "20", "global", "false"}
     * @throws IllegalArgumentException naming the argument that is wrong
     */
    public static Options parse(String[] args, String... declared) {
        Map<String, String> values = new LinkedHashMap<>();
        for (int i = 0; i < declared.length; i += 2) {
            values.put(declared[i], declared[i + 1]);
        }
        for (int i = 0; i < args.length; i++) {
            String name = args[i].startsWith("--") ? args[i].substring(2) : "";
            String standard = values.get(name);
            if (standard == null) {
                String known = String.join(" --", values.keySet());
                throw new IllegalArgumentException(args[i] + " is unknown; known: --" + known);
            }
            if (isSwitch(name, declared)) {
                values.put(name, "true");
            } else if (i + 1 < args.length) {
                values.put(name, args[++i]);
            } else {
                throw new IllegalArgumentException(args[i] + " lacks its value");
            }
        }
        return new Options(values);
    }

    private static boolean isSwitch(String name, String... declared) {
        return declared[Arrays.asList(declared).indexOf(name) + 1].equals("false");
    }

    /** The value of an option that was declared. */
    public String text(String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("--" + name + " is not declared");
        }
        return value;
    }

    /** Whether a switch was given. */
    public boolean has(String name) {
        return text(name).equals("true");
    }

    /**
     * The value of an option that takes a number.
     *
     * @throws IllegalArgumentException if it is none
     */
    public long number(String name) {
        try {
            return Long.parseLong(text(name));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--" + name + " takes a number, not " + text(name), e);
        }
    }

    /**
     * The value of an option that takes a number of 0 or more.
     *
     * @throws IllegalArgumentException if it is none
     */
    public int count(String name) {
        long value = number(name);
        if (value < 0 || value > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("--" + name + " takes a number of 0 to 2147483647, not " + value);
        }
        return (int) value;
    }
}
