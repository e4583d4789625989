package dev.cryo.streamlog.image;

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

    private static final int PART_LENGTH = 128;

    private Names() {}

    static boolean isFile(String name) {
        return isPart(name) && !name.equals(Manifest.FILE);
    }

    static boolean isSection(String name) {
        int slash = name.indexOf('/');
        return slash < 0 ? isPart(name) : isPart(name.substring(0, slash)) && isPart(name.substring(slash + 1));
    }

    private static boolean isPart(String name) {
        return !name.isEmpty()
                && name.length() <= PART_LENGTH
                && name.charAt(0) != '.'
                && name.chars().allMatch(Names::isPlain);
    }

    private static boolean isPlain(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.';
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
