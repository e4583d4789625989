package dev.cryo.lower.ptx.parse;

import dev.cryo.lower.ptx.PtxException;
import java.util.List;

/** A cursor over tokens with the error messages of a parser. */
final class Tokens {
    private final List<Token> tokens;
    private int at;

    Tokens(List<Token> tokens) {
        this.tokens = tokens;
    }

    /** How many tokens were taken. */
    int position() {
        return at;
    }

    Token peek() {
        return tokens.get(at);
    }

    Token peekSecond() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    Token next() {
        Token token = tokens.get(at);
        if (token.kind() != Token.Kind.END) {
            at++;
        }
        return token;
    }

    boolean accept(String text) {
        if (peek().is(text)) {
            next();
            return true;
        }
        return false;
    }

    Token expect(String text) throws PtxException {
        Token token = next();
        if (!token.is(text)) {
            throw PtxException.invalid(token.line(), "expected '" + text + "' but found " + token.shown());
        }
        return token;
    }

    Token take(Token.Kind kind, String what) throws PtxException {
        Token token = next();
        if (token.kind() != kind) {
            throw PtxException.invalid(token.line(), "expected " + what + " but found " + token.shown());
        }
        return token;
    }

    long integer() throws PtxException {
        boolean negative = accept("-");
        Token token = take(Token.Kind.NUMBER, "an integer");
        if (Literals.parse(token) instanceof Syntax.Int literal) {
            return negative ? -literal.value() : literal.value();
        }
        throw PtxException.invalid(token.line(), "expected an integer but found " + token.shown());
    }

    /** What is added to a name, {@code +4} or {@code -4} or several of them; 0 when nothing follows. */
    long sum() throws PtxException {
        long sum = 0;
        while ((peek().is("+") || peek().is("-"))
                && (peekSecond().kind() == Token.Kind.NUMBER || peekSecond().is("-"))) {
            sum += next().is("+") ? integer() : -integer();
        }
        return sum;
    }

    /** Skips a directive that ends with its line, as .loc and .file do. */
    void skipLine() {
        int line = peek().line();
        while (peek().line() == line && peek().kind() != Token.Kind.END) {
            next();
        }
    }

    void skipStatement() throws PtxException {
        Token start = peek();
        while (!accept(";")) {
            if (next().kind() == Token.Kind.END) {
                throw PtxException.invalid(start.line(), "expected ';' but found the end of the text");
            }
        }
    }

    /** Skips what stands in braces. */
    void skipBody() throws PtxException {
        Token start = expect("{");
        for (int depth = 1; depth > 0; ) {
            Token token = next();
            if (token.kind() == Token.Kind.END) {
                throw PtxException.invalid(start.line(), "expected '}' but found the end of the text");
            }
            depth += token.is("{") ? 1 : token.is("}") ? -1 : 0;
        }
    }

    /** Skips debug information. */
    void skipSection() throws PtxException {
        Token start = next();
        while (!accept("}")) {
            if (next().kind() == Token.Kind.END) {
                throw PtxException.invalid(start.line(), "expected '}' but found the end of the text");
            }
        }
    }
}
