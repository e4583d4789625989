package dev.cryo.lower.ptx.ir;

import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.ir.Instr.Guard;
import dev.cryo.lower.ptx.parse.Syntax;
import dev.cryo.lower.ptx.parse.Syntax.Operand;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One instruction while it is lowered: its words and operands, and where the result goes. */
final class Op {
    private final int line;
    private final String opcode;
    private final String base;
    private final Modifiers modifiers;
    private final List<Operand> operands;
    private final @Nullable Guard guard;
    private final Operands scope;
    private final Symbols symbols;
    private final List<Instr> out;

    Op(Syntax.Instruction source, @Nullable Guard guard, Operands scope, Symbols symbols, List<Instr> out) {
        this.line = source.line();
        this.opcode = source.opcode();
        int dot = opcode.indexOf('.');
        this.base = dot < 0 ? opcode : opcode.substring(0, dot);
        this.modifiers = new Modifiers(opcode, line);
        this.operands = source.operands();
        this.guard = guard;
        this.scope = scope;
        this.symbols = symbols;
        this.out = out;
    }

    int line() {
        return line;
    }

    String opcode() {
        return opcode;
    }

    String base() {
        return base;
    }

    Modifiers modifiers() {
        return modifiers;
    }

    @Nullable Guard guard() {
        return guard;
    }

    Operands scope() {
        return scope;
    }

    Symbols symbols() {
        return symbols;
    }

    PtxException unsupported() {
        return PtxException.unsupported(line, "opcode " + opcode);
    }

    PtxException invalid(String message) {
        return PtxException.invalid(line, message);
    }

    /** Checks the number of operands and that all modifiers were understood. */
    void shape(int minimum, int maximum) throws PtxException {
        modifiers.finish();
        if (operands.size() < minimum || operands.size() > maximum) {
            throw invalid("opcode " + opcode + " with " + operands.size() + " operands");
        }
    }

    void shape(int count) throws PtxException {
        shape(count, count);
    }

    int count() {
        return operands.size();
    }

    Operand operand(int index) throws PtxException {
        if (index >= operands.size()) {
            throw invalid("opcode " + opcode + " with " + operands.size() + " operands");
        }
        return operands.get(index);
    }

    Expr source(int index, PtxType type) throws PtxException {
        return scope.value(operand(index), type, line);
    }

    /** A source operand in a register of its own if it is not one already. */
    Reg sourceRegister(int index, PtxType type) throws PtxException {
        return materialize(source(index, type), type);
    }

    Reg materialize(Expr value, PtxType type) {
        if (value instanceof Expr.Read read) {
            return read.reg();
        }
        Reg reg = scope.fresh(type == PtxType.PRED ? Reg.Width.PRED
                : value.kind().wide() ? Reg.Width.B64 : Reg.Width.B32);
        out.add(new Instr.Compute(line, opcode, reg, value));
        return reg;
    }

    Reg constant(int value) {
        return materialize(Operands.i(value), PtxType.S32);
    }

    Reg destination(int index) throws PtxException {
        return scope.register(operand(index), line);
    }

    /** Assigns to the destination operand, under the guard. */
    void set(int index, PtxType type, Expr value) throws PtxException {
        Reg reg = scope.destination(operand(index), line);
        if (reg != null) {
            set(reg, type, value);
        }
    }

    void set(Reg reg, PtxType type, Expr value) throws PtxException {
        assign(reg, Operands.stored(reg, value, type, line));
    }

    /** Assigns under the guard; lanes where it does not hold keep the old value. */
    void assign(Reg reg, Expr value) {
        Guard condition = guard;
        if (condition == null) {
            out.add(new Instr.Compute(line, opcode, reg, value));
            return;
        }
        Reg computed = scope.fresh(reg.width());
        out.add(new Instr.Compute(line, opcode, computed, value));
        Expr mask = new Expr.Read(condition.predicate(), Kind.I);
        Expr then = new Expr.Read(computed, reg.bitsKind());
        Expr old = new Expr.Read(reg, reg.bitsKind());
        String select = reg.wide() ? "sel64" : "sel32";
        out.add(new Instr.Compute(line, opcode, reg, condition.negated() ? Prim.apply(select, mask, old, then)
                : Prim.apply(select, mask, then, old)));
    }

    void emit(Instr instr) {
        out.add(instr);
    }
}
