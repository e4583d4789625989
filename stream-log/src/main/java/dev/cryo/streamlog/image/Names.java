package dev.cryo.streamlog.image;

import java.util.regex.Pattern;

/**
 * Which names sections and their files may have: such as every file system takes, and none that leads out of a folder.
 *
 * <pre>
 * section = [ part "/" ] part
 * part    = first { first | "." }     ; 1 to 128 characters
 * first   = letter of ASCII | digit | "-" | "_"
 * </pre>
 */
final class Names {
    /** What a section's name must be, for messages. */
    static final String SECTION_GRAMMAR =
            "a section name, one part or two around a /, each of 1 to 128 of A-Z a-z 0-9 - _ . and no dot first";

    private static final String PART = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}";
    private static final Pattern FILE = Pattern.compile(PART);
    private static final Pattern SECTION = Pattern.compile("(" + PART + "/)?" + PART);

    private Names() {}

    static boolean isFile(String name) {
        return FILE.matcher(name).matches() && !name.equals(Manifest.FILE);
    }

    static boolean isSection(String name) {
        return SECTION.matcher(name).matches();
    }

    static String checkFile(String name) {
        if (!isFile(name)) {
            throw new IllegalArgumentException("no name for a file of an image: " + name);
        }
        return name;
    }

    static void checkSection(String name) {
        if (!isSection(name)) {
            throw new IllegalArgumentException("no name for a section: " + name);
        }
    }
}
