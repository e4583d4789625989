package dev.cryo.lower.ptx.parse;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The records of PTX syntax: what was written, with lines, before any of it has a meaning. */
public final class Syntax {
    private Syntax() {
    }

    /** A whole text. */
    public record Module(String version, String target, List<Variable> variables, List<Function> functions) {
    }

    /**
     * A variable of any state space.
     *
     * @param count number of elements; 0 when the array has no size, as of dynamic shared memory
     * @param managed whether the host can access it too
     * @param values the initializer, one {@link Operand} per element, or empty
     */
    public record Variable(int line, String linkage, String space, int align, String type, int vector, String name,
            boolean array, long count, boolean managed, List<Operand> values) {
        /** Whether it is a reference to a texture, sampler or surface, which takes no memory. */
        public boolean opaque() {
            return type.equals("texref") || type.equals("samplerref") || type.equals("surfref");
        }
    }

    /** An entry or a device function. Without a body it is a declaration. */
    public record Function(int line, boolean entry, String name, List<Variable> parameters,
            Map<String, List<Long>> directives, @Nullable Body body) {
    }

    /** What stands between the braces of a function, nested scopes resolved. */
    public record Body(List<Statement> statements, Map<String, String> registers, List<Variable> variables) {
    }

    /** A label or an instruction. */
    public sealed interface Statement {
        /** The line of the text, counted from 1. */
        int line();
    }

    /** A place to branch to. */
    public record Label(int line, String name) implements Statement {
    }

    /**
     * An instruction.
     *
     * @param guard the predicate register after {@code @}, or null
     * @param opcode the whole word as written, for messages
     */
    public record Instruction(int line, @Nullable String guard, boolean guardNegated, String opcode,
            List<Operand> operands) implements Statement {
    }

    /** An operand of an instruction or an element of an initializer. */
    public sealed interface Operand {
    }

    /** A register, special register, variable, label or function, perhaps negated, perhaps with an offset. */
    public record Name(String text, boolean negated, long offset) implements Operand {
    }

    /** An integer literal. */
    public record Int(long value) implements Operand {
    }

    /** A floating-point literal as bits; {@code bits64} of a double, or bits of a float when {@code single}. */
    public record Real(long bits, boolean single) implements Operand {
    }

    /** {@code [base+offset]}; further elements, as texture instructions have them, are in {@code rest}. */
    public record Memory(Operand base, long offset, List<Operand> rest) implements Operand {
    }

    /** {@code {a, b}} or {@code (a, b)}. */
    public record Group(List<Operand> elements) implements Operand {
    }

    /** {@code a|b}: two destinations. */
    public record Pair(Operand first, Operand second) implements Operand {
    }

    /** {@code generic(symbol)} in an initializer. */
    public record Generic(Name symbol) implements Operand {
    }

    /** {@code 0xFF00(symbol)} in an initializer: the byte of an address that the mask covers, here the second. */
    public record Masked(long mask, Name symbol) implements Operand {
    }
}
