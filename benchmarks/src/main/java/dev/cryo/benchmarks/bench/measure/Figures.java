package dev.cryo.benchmarks.bench.measure;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * What was measured so far, by name, in the order it came; each is told when it is put. A name that is put again has
 * the new value. For one thread.
 */
public final class Figures {
    private static final int LONGEST = 4000;

    private final ObjectNode values = new ObjectMapper().createObjectNode();
    private final Consumer<String> progress;
    private boolean whole = true;

    public Figures(Consumer<String> progress) {
        this.progress = progress;
    }

    /** With so many digits behind the point at most. */
    public void put(String name, double value, int digits) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException(name + " would be " + value);
        }
        double scale = Math.pow(10, digits);
        values.put(name, Math.round(value * scale) / scale);
        tell(name);
    }

    public void put(String name, long value) {
        values.put(name, value);
        tell(name);
    }

    public void put(String name, String value) {
        values.put(name, value);
        tell(name);
    }

    public void put(String name, boolean value) {
        values.put(name, value);
        tell(name);
    }

    /** Names what this machine has not the means for, or the time. */
    public void skipped(String what, String why) {
        put(what + "_skipped", why);
    }

    /** Names what failed; the figures are not whole any more. */
    public void failed(String what, Exception failure) {
        whole = false;
        String message = failure.getMessage();
        put(what + "_failed", shortened(message == null ? failure.toString() : message));
    }

    /** What something printed is told by its beginning and, since the reason is there, its end. */
    private static String shortened(String message) {
        int end = message.length() - LONGEST / 4 * 3;
        return message.length() <= LONGEST
                ? message
                : message.substring(0, LONGEST / 4) + "\n[...]\n" + message.substring(end);
    }

    /** Whether nothing has failed. */
    public boolean whole() {
        return whole;
    }

    public OptionalDouble number(String name) {
        JsonNode value = values.path(name);
        return value.isNumber() ? OptionalDouble.of(value.doubleValue()) : OptionalDouble.empty();
    }

    /** One line. */
    public String json() {
        return values.toString();
    }

    /** A line for each. */
    public String text() {
        int width = values.properties().stream()
                .mapToInt(each -> each.getKey().length())
                .max()
                .orElse(0);
        return values.properties().stream()
                .map(each -> each.getKey() + " ".repeat(width - each.getKey().length() + 2)
                        + each.getValue().asText())
                .collect(Collectors.joining("\n"));
    }

    private void tell(String name) {
        progress.accept(name + " " + values.path(name).asText());
    }
}
