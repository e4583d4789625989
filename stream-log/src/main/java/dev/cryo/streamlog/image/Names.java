package dev.cryo.streamlog.image;

import java.util.regex.Pattern;

/** Which names sections and their files may have: none that leads out of a folder. */
final class Names {
    private static final int LONGEST = 1024;
    private static final Pattern FILE = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}");

    private Names() {}

    static boolean isFile(String name) {
        return FILE.matcher(name).matches() && !name.equals(Manifest.FILE);
    }

    static boolean isSection(String name) {
        if (name.length() > LONGEST || name.chars().anyMatch(c -> Character.isISOControl(c) || c == '\\')) {
            return false;
        }
        for (String part : name.split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..")) {
                return false;
            }
        }
        return true;
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
