package dev.cryo.lower.nvidia;

/** Builds a changed text from front to back; what is not replaced is copied. */
final class TextEdit {
    private final String text;
    private final StringBuilder result = new StringBuilder();
    private int copied;

    TextEdit(String text) {
        this.text = text;
    }

    /** Replaces a part of the text that begins where, or after, the last one has ended. */
    void replace(int start, int end, String by) {
        if (start < copied || end < start) {
            throw new IllegalArgumentException("a change at " + start + ", after one that ended at " + copied);
        }
        result.append(text, copied, start).append(by);
        copied = end;
    }

    /** Inserts before a place. */
    void insert(int at, String what) {
        replace(at, at, what);
    }

    String result() {
        return result + text.substring(copied);
    }
}
