package dev.cryo.lower.ptx.parse;

import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.parse.Syntax.Operand;
import dev.cryo.lower.ptx.parse.Syntax.Variable;
import java.util.ArrayList;
import java.util.List;

/** Parses declarations of variables in a state space. */
final class VariableParser {
    private final Tokens tokens;
    private final String linkage;
    private String space = "";
    private int align;
    private String type = "";
    private int vector = 1;
    private boolean managed;

    VariableParser(Tokens tokens, String linkage) {
        this.tokens = tokens;
        this.linkage = linkage;
    }

    List<Variable> declaration() throws PtxException {
        attributes();
        List<Variable> variables = new ArrayList<>();
        do {
            variables.add(declarator());
        } while (tokens.accept(","));
        tokens.expect(";");
        return variables;
    }

    Variable parameter() throws PtxException {
        attributes();
        return declarator();
    }

    private void attributes() throws PtxException {
        Token first = tokens.next();
        space = first.text();
        while (tokens.peek().kind() == Token.Kind.WORD && tokens.peek().text().startsWith(".")) {
            Token word = tokens.next();
            switch (word.text()) {
                case ".align" -> align = alignment(word);
                case ".v2" -> vector = 2;
                case ".v4" -> vector = 4;
                case ".ptr" -> pointer();
                case ".attribute" -> attribute();
                default -> type = word.text().substring(1);
            }
        }
        if (type.isEmpty()) {
            throw PtxException.invalid(first.line(), "a declaration without a type");
        }
    }

    private int alignment(Token word) throws PtxException {
        long value = tokens.integer();
        if (value <= 0 || value > 4096 || Long.bitCount(value) != 1) {
            throw PtxException.invalid(word.line(), "alignment " + value + " is not a power of two up to 4096");
        }
        return (int) value;
    }

    private void attribute() throws PtxException {
        tokens.expect("(");
        Token name = tokens.next();
        if (!name.is(".managed") || !space.equals(".global")) {
            throw PtxException.unsupported(name.line(), "attribute " + name.text() + " of a variable in " + space);
        }
        managed = true;
        tokens.expect(")");
    }

    private void pointer() throws PtxException {
        while (List.of(".global", ".const", ".shared", ".local", ".param", ".align").contains(tokens.peek().text())) {
            Token word = tokens.next();
            if (word.is(".align")) {
                alignment(word);
            }
        }
    }

    private Variable declarator() throws PtxException {
        Token name = tokens.take(Token.Kind.WORD, "a variable name");
        boolean array = false;
        long count = 1;
        while (tokens.accept("[")) {
            array = true;
            if (tokens.accept("]")) {
                count = 0;
            } else {
                long size = tokens.integer();
                tokens.expect("]");
                if (size < 0 || size > Integer.MAX_VALUE || count * size > Integer.MAX_VALUE) {
                    throw PtxException.invalid(name.line(), "array " + name.text() + " is too large");
                }
                count *= size;
            }
        }
        List<Operand> values = new ArrayList<>();
        if (tokens.accept("=")) {
            initializer(values);
            if (array && count == 0) {
                count = values.size();
            }
        }
        return new Variable(
                name.line(), linkage, space, align, type, vector, name.text(), array, count, managed, values);
    }

    private void initializer(List<Operand> values) throws PtxException {
        if (tokens.accept("{")) {
            if (tokens.accept("}")) {
                return;
            }
            do {
                initializer(values);
            } while (tokens.accept(","));
            tokens.expect("}");
        } else {
            values.add(new OperandParser(tokens).constant());
        }
    }
}
