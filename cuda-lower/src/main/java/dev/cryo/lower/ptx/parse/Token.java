package dev.cryo.lower.ptx.parse;

/** One lexical element and the line it stands on. */
record Token(Kind kind, String text, int line) {
    enum Kind { WORD, NUMBER, STRING, PUNCTUATION, END }

    boolean is(String expected) {
        return kind != Kind.STRING && text.equals(expected);
    }

    String shown() {
        return kind == Kind.END ? "the end of the text" : "'" + text + "'";
    }
}
