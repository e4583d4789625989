package dev.cryo.lower.nvidia;

import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.parse.Outline;
import dev.cryo.lower.ptx.parse.Token;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Puts addresses in the places of variables in the body of one function.
 *
 * <p>An address is moved to a register of its own, in front of the instruction that has it for an operand:
 * {@code @p ld.global.u32 r, [x+4];} becomes {@code mov.u64 %cryo0, 0x180000000000; @p ld.global.u32 r, [%cryo0+4];},
 * for PTX has no addresses of 64 bits that stand in an instruction, and a register can stand wherever the name of a
 * variable can.
 */
final class BodyRelocation {
    private record Change(int first, int end, String by) {
    }

    private final Outline outline;
    private final List<Token> tokens;
    private final Map<String, Long> addresses;
    private final String prefix;
    private final TextEdit edit;
    private final Map<Long, String> registers = new LinkedHashMap<>();
    private final List<Change> changes = new ArrayList<>();

    BodyRelocation(Outline outline, Map<String, Long> addresses, String prefix, TextEdit edit) {
        this.outline = outline;
        this.tokens = outline.tokens();
        this.addresses = addresses;
        this.prefix = prefix;
        this.edit = edit;
    }

    void relocate(Outline.Routine routine) throws PtxException {
        Scopes scopes = new Scopes(addresses.keySet());
        routine.formal().forEach(variable -> scopes.declare(variable.name()));
        int at = routine.first();
        while (at < routine.end()) {
            at = statement(at, scopes);
        }
        if (!registers.isEmpty()) {
            edit.insert(tokens.get(routine.first()).end(), " .reg .b64 " + prefix + "<" + registers.size() + ">;");
        }
        for (Change change : changes) {
            edit.replace(change.first, change.end, change.by);
        }
    }

    private int statement(int at, Scopes scopes) throws PtxException {
        Token token = tokens.get(at);
        if (token.is("{")) {
            scopes.open();
            return at + 1;
        }
        if (token.is("}")) {
            scopes.close();
            return at + 1;
        }
        if (token.is(".loc") || token.is(".file")) {
            return afterLine(at);
        }
        if (token.isName() && tokens.get(at + 1).is(":")) {
            scopes.declare(token.text());
            return at + 2;
        }
        int end = semicolon(at);
        if (token.text().startsWith(".")) {
            directive(at, end, scopes);
        } else {
            instruction(at, end, scopes);
        }
        return end + 1;
    }

    private int afterLine(int at) {
        int line = tokens.get(at).line();
        int next = at;
        while (tokens.get(next).line() == line && tokens.get(next).kind() != Token.Kind.END) {
            next++;
        }
        return next;
    }

    private int semicolon(int at) throws PtxException {
        for (int end = at; ; end++) {
            if (tokens.get(end).kind() == Token.Kind.END) {
                throw PtxException.invalid(tokens.get(at).line(), "expected ';' but found the end of the text");
            }
            if (tokens.get(end).is(";")) {
                return end;
            }
        }
    }

    private void directive(int first, int end, Scopes scopes) throws PtxException {
        Token directive = tokens.get(first);
        switch (directive.text()) {
            case ".global", ".const" ->
                throw PtxException.unsupported(directive.line(), "variables in " + directive.text() + " in a function");
            case ".reg", ".shared", ".local", ".param" -> {
                for (int at = first + 1; at < end; at++) {
                    Token name = tokens.get(at);
                    if (name.isName() && tokens.get(at + 1).is("<")) {
                        scopes.declare(name.text(), outline.integer(at + 2));
                    } else if (name.isName()) {
                        scopes.declare(name.text());
                    }
                }
            }
            default -> {
                // Nothing else in a body declares a name or has one of a variable.
            }
        }
    }

    private void instruction(int first, int end, Scopes scopes) throws PtxException {
        int opcode = first;
        if (tokens.get(first).is("@")) {
            opcode += tokens.get(first + 1).is("!") ? 3 : 2;
        }
        Token word = tokens.get(opcode);
        if (word.is("bra") || word.text().startsWith("bra.")) {
            return;
        }
        List<Change> operands = new ArrayList<>();
        Set<Long> needed = new LinkedHashSet<>();
        boolean memory = false;
        for (int at = opcode + 1; at < end; at++) {
            Token token = tokens.get(at);
            memory = token.is("[") || memory && !token.is("]");
            if (token.isName() && scopes.isVisible(token.text())) {
                operands.add(operand(at, memory, needed));
            }
        }
        if (!needed.isEmpty()) {
            StringBuilder moves = new StringBuilder();
            needed.forEach(address -> moves.append("mov.u64 ").append(registers.get(address)).append(", 0x")
                    .append(Long.toHexString(address)).append("; "));
            int start = tokens.get(first).start();
            changes.add(new Change(start, start, moves.toString()));
            changes.addAll(operands);
        }
    }

    private Change operand(int at, boolean memory, Set<Long> needed) throws PtxException {
        Token name = tokens.get(at);
        long address = addresses.getOrDefault(name.text(), 0L);
        int end = at + 1;
        Outline.Sum sum = outline.sum(end);
        boolean whole = List.of(",", "]", ")", "}", ";").contains(tokens.get(sum.end()).text());
        // What is added stays where an instruction has a place for it, so that variables have one register each.
        if (!memory || whole && sum.value() != (int) sum.value()) {
            if (!whole) {
                throw PtxException.unsupported(name.line(), "what follows variable " + name.text() + " in an operand");
            }
            address += sum.value();
            end = sum.end();
        }
        needed.add(address);
        String register = registers.computeIfAbsent(address, a -> prefix + registers.size());
        return new Change(name.start(), tokens.get(end - 1).end(), register);
    }
}
