package dev.cryo.lower.ptx.parse;

import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.parse.Syntax.Body;
import dev.cryo.lower.ptx.parse.Syntax.Group;
import dev.cryo.lower.ptx.parse.Syntax.Instruction;
import dev.cryo.lower.ptx.parse.Syntax.Label;
import dev.cryo.lower.ptx.parse.Syntax.Memory;
import dev.cryo.lower.ptx.parse.Syntax.Name;
import dev.cryo.lower.ptx.parse.Syntax.Operand;
import dev.cryo.lower.ptx.parse.Syntax.Pair;
import dev.cryo.lower.ptx.parse.Syntax.Statement;
import dev.cryo.lower.ptx.parse.Syntax.Variable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Parses the body of a function; names of inner scopes are made unique, so that the result has one scope. */
final class BodyParser {
    private static final int MAX_REGISTERS = 1 << 20;
    private static final int MAX_DEPTH = 64;

    private final Tokens tokens;
    private final List<Statement> statements = new ArrayList<>();
    private final Map<String, String> registers = new LinkedHashMap<>();
    private final List<Variable> variables = new ArrayList<>();
    private final Deque<Map<String, String>> scopes = new ArrayDeque<>();
    private int scopeCount;

    BodyParser(Tokens tokens) {
        this.tokens = tokens;
    }

    Body parse() throws PtxException {
        tokens.expect("{");
        scope();
        return new Body(statements, registers, variables);
    }

    private void scope() throws PtxException {
        if (scopes.size() >= MAX_DEPTH) {
            throw PtxException.invalid(tokens.peek().line(), "scopes are nested too deeply");
        }
        int number = scopeCount++;
        scopes.push(new HashMap<>());
        while (!tokens.accept("}")) {
            if (tokens.accept("{")) {
                scope();
            } else {
                statement(number);
            }
        }
        scopes.pop();
    }

    private void statement(int scope) throws PtxException {
        Token token = tokens.peek();
        switch (token.text()) {
            case ".reg" -> registers(scope);
            case ".shared", ".local", ".param", ".global", ".const" -> {
                for (Variable v : Parser.variables(tokens, "")) {
                    if (v.managed()) {
                        throw PtxException.unsupported(v.line(), "managed variable " + v.name() + " in a function");
                    }
                    variables.add(new Variable(v.line(), v.linkage(), v.space(), v.align(), v.type(), v.vector(),
                            declare(v.name(), scope), v.array(), v.count(), false,
                            v.values()));
                }
            }
            case ".loc", ".file" -> tokens.skipLine();
            case ".pragma" -> tokens.skipStatement();
            case "@" -> instruction();
            case ";" -> tokens.next();
            default -> {
                if (token.kind() != Token.Kind.WORD) {
                    throw PtxException.invalid(token.line(), "expected an instruction but found " + token.shown());
                }
                if (tokens.peekSecond().is(":")) {
                    label();
                } else if (token.text().startsWith(".")) {
                    throw PtxException.unsupported(token.line(), "directive " + token.text());
                } else {
                    instruction();
                }
            }
        }
    }

    private void label() throws PtxException {
        Token name = tokens.next();
        tokens.expect(":");
        Token following = tokens.peek();
        if (following.is(".callprototype") || following.is(".branchtargets") || following.is(".calltargets")) {
            throw PtxException.unsupported(following.line(), "directive " + following.text());
        }
        statements.add(new Label(name.line(), name.text()));
    }

    private void registers(int scope) throws PtxException {
        tokens.expect(".reg");
        Token type = tokens.take(Token.Kind.WORD, "a register type");
        if (type.is(".v2") || type.is(".v4")) {
            throw PtxException.unsupported(type.line(), "vector registers");
        }
        do {
            Token name = tokens.take(Token.Kind.WORD, "a register name");
            if (tokens.accept("<")) {
                long count = tokens.integer();
                tokens.expect(">");
                if (count < 0 || count + registers.size() > MAX_REGISTERS) {
                    throw PtxException.invalid(name.line(), "too many registers " + name.text());
                }
                for (int i = 0; i < count; i++) {
                    registers.put(declare(name.text() + i, scope), type.text().substring(1));
                }
            } else {
                registers.put(declare(name.text(), scope), type.text().substring(1));
            }
        } while (tokens.accept(","));
        tokens.expect(";");
    }

    private String declare(String name, int scope) {
        String unique = scope == 0 ? name : name + "#" + scope;
        if (scope != 0) {
            scopes.element().put(name, unique);
        }
        return unique;
    }

    private void instruction() throws PtxException {
        @Nullable String guard = null;
        boolean negated = false;
        if (tokens.accept("@")) {
            negated = tokens.accept("!");
            guard = resolve(tokens.take(Token.Kind.WORD, "a predicate").text());
        }
        Token opcode = tokens.take(Token.Kind.WORD, "an opcode");
        List<Operand> operands = new ArrayList<>();
        if (!tokens.peek().is(";")) {
            OperandParser parser = new OperandParser(tokens);
            do {
                operands.add(resolve(parser.operand()));
            } while (tokens.accept(","));
        }
        tokens.expect(";");
        statements.add(new Instruction(opcode.line(), guard, negated, opcode.text(), operands));
    }

    private String resolve(String name) {
        if (scopes.size() > 1) {
            for (Map<String, String> scope : scopes) {
                String unique = scope.get(name);
                if (unique != null) {
                    return unique;
                }
            }
        }
        return name;
    }

    private Operand resolve(Operand operand) {
        if (scopes.size() == 1) {
            return operand;
        }
        return switch (operand) {
            case Name n -> new Name(resolve(n.text()), n.negated(), n.offset());
            case Memory m -> new Memory(resolve(m.base()), m.offset(), m.rest().stream().map(this::resolve).toList());
            case Group g -> new Group(g.elements().stream().map(this::resolve).toList());
            case Pair p -> new Pair(resolve(p.first()), resolve(p.second()));
            case Syntax.Int i -> i;
            case Syntax.Real r -> r;
            case Syntax.Generic g -> g;
            case Syntax.Masked m -> m;
        };
    }
}
