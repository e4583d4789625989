package dev.cryo.lower.ptx.parse;

import dev.cryo.lower.ptx.PtxException;
import java.util.ArrayList;
import java.util.List;

/** Splits PTX text into tokens; an opcode with its modifiers is one word. */
final class Lexer {
    private static final String PUNCTUATION = "{}[]()<>;:,|@!=+-~*/&^?%";

    private final String text;
    private int at;
    private int line = 1;

    private Lexer(String text) {
        this.text = text;
    }

    static List<Token> tokens(String text) throws PtxException {
        Lexer lexer = new Lexer(text);
        List<Token> tokens = new ArrayList<>();
        Token token;
        do {
            token = lexer.next();
            tokens.add(token);
        } while (token.kind() != Token.Kind.END);
        return tokens;
    }

    private Token next() throws PtxException {
        skipBlanks();
        if (at >= text.length()) {
            return new Token(Token.Kind.END, "", line, at, at);
        }
        char c = text.charAt(at);
        if (c == '"') {
            return string();
        }
        if (isDigit(c)) {
            return number();
        }
        if (isWordStart(c, at + 1 < text.length() ? text.charAt(at + 1) : ' ')) {
            return word();
        }
        if (PUNCTUATION.indexOf(c) >= 0) {
            at++;
            return new Token(Token.Kind.PUNCTUATION, String.valueOf(c), line, at - 1, at);
        }
        throw PtxException.invalid(line, "unexpected character " + shown(c));
    }

    private void skipBlanks() throws PtxException {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '\n') {
                line++;
                at++;
            } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f') {
                at++;
            } else if (text.startsWith("//", at)) {
                int end = text.indexOf('\n', at);
                at = end < 0 ? text.length() : end;
            } else if (text.startsWith("/*", at)) {
                skipComment();
            } else {
                return;
            }
        }
    }

    private void skipComment() throws PtxException {
        int end = text.indexOf("*/", at + 2);
        if (end < 0) {
            throw PtxException.invalid(line, "a comment is not closed");
        }
        line += (int) text.substring(at, end).chars().filter(c -> c == '\n').count();
        at = end + 2;
    }

    private Token string() throws PtxException {
        int start = at + 1;
        int end = start;
        while (end < text.length() && text.charAt(end) != '"' && text.charAt(end) != '\n') {
            end += text.charAt(end) == '\\' ? 2 : 1;
        }
        if (end >= text.length() || text.charAt(end) != '"') {
            throw PtxException.invalid(line, "a string is not closed");
        }
        at = end + 1;
        return new Token(Token.Kind.STRING, text.substring(start, end), line, start - 1, at);
    }

    private Token number() {
        int start = at;
        boolean hexadecimal = text.startsWith("0x", at) || text.startsWith("0X", at)
                || text.startsWith("0f", at) || text.startsWith("0F", at)
                || text.startsWith("0d", at) || text.startsWith("0D", at);
        while (at < text.length()) {
            char c = text.charAt(at);
            boolean sign = !hexadecimal && (c == '+' || c == '-') && "eE".indexOf(text.charAt(at - 1)) >= 0;
            if (!isDigit(c) && !isLetter(c) && c != '.' && !sign) {
                break;
            }
            at++;
        }
        return new Token(Token.Kind.NUMBER, text.substring(start, at), line, start, at);
    }

    private Token word() {
        int start = at++;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (isLetter(c) || isDigit(c) || c == '_' || c == '$' || c == '.') {
                at++;
            } else if (c == ':' && text.startsWith("::", at) && text.lastIndexOf('.', at) > start) {
                at += 2;
            } else {
                break;
            }
        }
        return new Token(Token.Kind.WORD, text.substring(start, at), line, start, at);
    }

    private static boolean isWordStart(char c, char following) {
        if (c == '%' || c == '.') {
            return isLetter(following) || following == '_' || following == '$' || isDigit(following);
        }
        return isLetter(c) || c == '_' || c == '$';
    }

    private static boolean isLetter(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static String shown(char c) {
        return c > ' ' && c < 127 ? "'" + c + "'" : String.format("U+%04X", (int) c);
    }
}
