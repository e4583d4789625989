package dev.cryo.lower.ptx.parse;

import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.parse.Syntax.Generic;
import dev.cryo.lower.ptx.parse.Syntax.Group;
import dev.cryo.lower.ptx.parse.Syntax.Int;
import dev.cryo.lower.ptx.parse.Syntax.Masked;
import dev.cryo.lower.ptx.parse.Syntax.Memory;
import dev.cryo.lower.ptx.parse.Syntax.Name;
import dev.cryo.lower.ptx.parse.Syntax.Operand;
import dev.cryo.lower.ptx.parse.Syntax.Pair;
import dev.cryo.lower.ptx.parse.Syntax.Real;
import java.util.ArrayList;
import java.util.List;

/** Parses operands of instructions and constants of initializers. */
final class OperandParser {
    private static final int MAX_DEPTH = 8;

    private final Tokens tokens;
    private int depth;

    OperandParser(Tokens tokens) {
        this.tokens = tokens;
    }

    Operand operand() throws PtxException {
        Operand first = simple();
        return tokens.accept("|") ? new Pair(first, simple()) : first;
    }

    private Operand simple() throws PtxException {
        Token token = tokens.peek();
        if (++depth > MAX_DEPTH) {
            throw PtxException.invalid(token.line(), "operands are nested too deeply");
        }
        Operand result;
        if (tokens.accept("{")) {
            result = group("}");
        } else if (tokens.accept("(")) {
            result = group(")");
        } else if (tokens.accept("[")) {
            result = memory();
        } else {
            result = constant();
        }
        depth--;
        return result;
    }

    private Group group(String end) throws PtxException {
        List<Operand> elements = new ArrayList<>();
        if (!tokens.accept(end)) {
            do {
                elements.add(simple());
            } while (tokens.accept(","));
            tokens.expect(end);
        }
        return new Group(elements);
    }

    private Memory memory() throws PtxException {
        Operand base = simple();
        long offset = 0;
        if (base instanceof Name name) {
            offset = name.offset();
            base = new Name(name.text(), name.negated(), 0);
        }
        List<Operand> rest = new ArrayList<>();
        while (tokens.accept(",")) {
            rest.add(simple());
        }
        tokens.expect("]");
        return new Memory(base, offset, rest);
    }

    /** A name or a number, without brackets. */
    Operand constant() throws PtxException {
        Token token = tokens.next();
        if (token.is("!")) {
            return new Name(tokens.take(Token.Kind.WORD, "a predicate").text(), true, 0);
        }
        if (token.is("-") || token.is("~")) {
            return negate(token, Literals.parse(tokens.take(Token.Kind.NUMBER, "a number")));
        }
        if (token.is("generic") && tokens.peek().is("(")) {
            return new Generic(generic());
        }
        if (token.kind() == Token.Kind.NUMBER && tokens.accept("(")) {
            return masked(token);
        }
        return switch (token.kind()) {
            case NUMBER -> Literals.parse(token);
            case WORD -> name(token);
            case STRING, PUNCTUATION, END ->
                throw PtxException.invalid(token.line(), "expected an operand but found " + token.shown());
        };
    }

    private Name generic() throws PtxException {
        tokens.expect("(");
        Name symbol = name(tokens.take(Token.Kind.WORD, "a variable"));
        tokens.expect(")");
        return new Name(symbol.text(), false, symbol.offset() + tokens.sum());
    }

    private Masked masked(Token mask) throws PtxException {
        Token word = tokens.take(Token.Kind.WORD, "a variable");
        Name symbol = word.is("generic") && tokens.peek().is("(") ? generic() : name(word);
        tokens.expect(")");
        if (!(Literals.parse(mask) instanceof Int bits)) {
            throw PtxException.invalid(mask.line(), "expected a mask but found " + mask.shown());
        }
        return new Masked(bits.value(), symbol);
    }

    private Name name(Token token) throws PtxException {
        return new Name(token.text(), false, tokens.sum());
    }

    private static Operand negate(Token sign, Operand literal) throws PtxException {
        if (literal instanceof Int integer) {
            return new Int(sign.is("-") ? -integer.value() : ~integer.value());
        }
        if (literal instanceof Real real && sign.is("-")) {
            return new Real(real.bits() ^ (real.single() ? 1L << 31 : 1L << 63), real.single());
        }
        throw PtxException.invalid(sign.line(), "'~' before a number that is not an integer");
    }
}
