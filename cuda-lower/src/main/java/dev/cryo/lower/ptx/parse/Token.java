package dev.cryo.lower.ptx.parse;

/**
 * One lexical element.
 *
 * @param line the line it stands on, counted from 1
 * @param start where it begins in the text, in characters
 * @param end where it ends
 */
public record Token(Kind kind, String text, int line, int start, int end) {
    /** What an element is; an opcode with its modifiers is one word, and so is a register or a directive. */
    public enum Kind { WORD, NUMBER, STRING, PUNCTUATION, END }

    /** Whether it is this word, number or character. */
    public boolean is(String expected) {
        return kind != Kind.STRING && text.equals(expected);
    }

    /** Whether it is a name: a word that is no directive. */
    public boolean isName() {
        return kind == Kind.WORD && !text.startsWith(".");
    }

    String shown() {
        return kind == Kind.END ? "the end of the text" : "'" + text + "'";
    }
}
