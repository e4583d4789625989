package dev.cryo.benchmarks.unified;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** The options of an application: what it declares with their defaults, and what the command line says instead. */
final class Arguments {
    private final Map<String, Long> values = new LinkedHashMap<>();

    /** An option that is not there, or not as it has to be. */
    static final class Wrong extends Exception {
        private static final long serialVersionUID = 1;

        Wrong(String message) {
            super(message);
        }
    }

    Arguments with(String name, long standard) {
        values.put(name, standard);
        return this;
    }

    Arguments parse(String... words) throws Wrong {
        for (int i = 0; i < words.length; i += 2) {
            String name = words[i].startsWith("--") ? words[i].substring(2) : "";
            if (!values.containsKey(name)) {
                throw new Wrong(words[i] + " is unknown; known, with defaults: " + this);
            }
            if (i + 1 == words.length) {
                throw new Wrong(words[i] + " lacks its value");
            }
            try {
                values.put(name, Long.parseLong(words[i + 1]));
            } catch (NumberFormatException e) {
                throw new Wrong(words[i] + " takes a number, not " + words[i + 1]);
            }
        }
        return this;
    }

    long number(String name) {
        Long value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("--" + name + " is not declared");
        }
        return value;
    }

    int within(String name, int least, int most) throws Wrong {
        long value = number(name);
        if (value < least || value > most) {
            throw new Wrong("--" + name + " takes a number of " + least + " to " + most + ", not " + value);
        }
        return (int) value;
    }

    @Override
    public String toString() {
        return values.entrySet().stream()
                .map(entry -> "--" + entry.getKey() + " " + entry.getValue())
                .collect(Collectors.joining(" "));
    }
}
