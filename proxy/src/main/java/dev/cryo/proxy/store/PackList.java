package dev.cryo.proxy.store;

import dev.cryo.streamlog.image.CarriedImage;
import dev.cryo.streamlog.image.CarriedPack;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which packs an image needs, as an object of the store: a line {@code cryo packs 1}, then one for each pack with its
 * name and its length.
 *
 * @param bytes lengths by names
 */
record PackList(Map<String, Long> bytes) {
    private static final String FIRST = "cryo packs 1";
    private static final Pattern LINE = Pattern.compile("([0-9a-f]{64}) ([1-9][0-9]{0,17})");

    static PackList of(CarriedImage image) {
        Map<String, Long> bytes = new LinkedHashMap<>();
        for (CarriedPack pack : image.packs()) {
            bytes.put(pack.name(), pack.bytes());
        }
        return new PackList(bytes);
    }

    byte[] encode() {
        return bytes.entrySet().stream()
                .map(pack -> pack.getKey() + " " + pack.getValue() + "\n")
                .collect(Collectors.joining("", FIRST + "\n", ""))
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** Reads one; {@code where} is for messages. */
    static PackList decode(byte[] contents, String where) throws StoreException {
        String[] lines = new String(contents, StandardCharsets.ISO_8859_1).split("\n", -1);
        if (!lines[0].equals(FIRST)) {
            throw damaged(where, 1, FIRST, lines[0]);
        }
        Map<String, Long> bytes = new LinkedHashMap<>();
        for (int i = 1; i < lines.length - 1; i++) {
            Matcher line = LINE.matcher(lines[i]);
            if (!line.matches()) {
                throw damaged(where, i + 1, "the name of a pack and its length", lines[i]);
            }
            bytes.put(line.group(1), Long.valueOf(line.group(2)));
        }
        if (lines.length == 1 || !lines[lines.length - 1].isEmpty()) {
            throw damaged(where, lines.length, "an end of line", lines[lines.length - 1]);
        }
        return new PackList(bytes);
    }

    private static StoreException damaged(String where, int line, String expected, String actual) {
        String shown = actual.length() > 100 ? actual.substring(0, 100) + "..." : actual;
        return new StoreException(
                StoreException.Kind.DAMAGED,
                where + ", line " + line + ": expected " + expected + ", found \""
                        + shown.replaceAll("[^ -~]", "?") + "\"");
    }

    long total() {
        return bytes.values().stream().mapToLong(Long::longValue).sum();
    }
}
