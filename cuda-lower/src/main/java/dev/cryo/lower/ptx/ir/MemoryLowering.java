package dev.cryo.lower.ptx.ir;

import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.ir.Instr.Address;
import dev.cryo.lower.ptx.ir.Instr.AtomicOp;
import dev.cryo.lower.ptx.ir.Instr.Space;
import dev.cryo.lower.ptx.parse.Syntax;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Loads, stores and atomics. */
final class MemoryLowering {
    private final Op op;
    private Space space = Space.GENERIC;
    private boolean constant;
    private boolean strong;

    private MemoryLowering(Op op) {
        this.op = op;
    }

    static boolean lower(Op op) throws PtxException {
        MemoryLowering lowering = new MemoryLowering(op);
        switch (op.base()) {
            case "ld", "ldu" -> lowering.load();
            case "st" -> lowering.store();
            case "atom", "red" -> lowering.atomic();
            default -> {
                return false;
            }
        }
        return true;
    }

    private void attributes() throws PtxException {
        Modifiers modifiers = op.modifiers();
        strong = modifiers.takeAny("volatile", "relaxed", "acquire", "release", "acq_rel", "mmio") != null;
        modifiers.take("weak");
        modifiers.take("nc");
        modifiers.takeAny("gpu", "cta", "sys", "cluster");
        modifiers.takeAny("ca", "cg", "cs", "lu", "cv", "wb", "wt");
        modifiers.ignore("L1::", "L2::");
        if (modifiers.take("shared") || modifiers.take("shared::cta")) {
            space = Space.SHARED;
        } else if (modifiers.take("local")) {
            space = Space.LOCAL;
        } else if (modifiers.take("param") || modifiers.take("param::entry")) {
            space = Space.PARAM;
            constant = true;
        } else if (modifiers.take("const")) {
            space = Space.GLOBAL;
            constant = true;
        } else if (modifiers.take("global")) {
            space = Space.GLOBAL;
        }
    }

    private int vector() {
        String vector = op.modifiers().takeAny("v2", "v4", "v8");
        return vector == null ? 1 : vector.charAt(1) - '0';
    }

    private List<Syntax.Operand> elements(int index, int vector) throws PtxException {
        Syntax.Operand operand = op.operand(index);
        List<Syntax.Operand> elements = operand instanceof Syntax.Group group ? group.elements() : List.of(operand);
        if (elements.size() != vector) {
            throw op.invalid("opcode " + op.opcode() + " with a vector of " + elements.size());
        }
        return elements;
    }

    private Address address(int index) throws PtxException {
        if (!(op.operand(index) instanceof Syntax.Memory memory) || !memory.rest().isEmpty()) {
            throw op.invalid("opcode " + op.opcode() + " without an address");
        }
        return switch (memory.base()) {
            case Syntax.Int absolute -> new Address(null, absolute.value() + memory.offset());
            case Syntax.Name name -> named(name.text(), memory.offset());
            default -> throw op.invalid("the address is neither a register nor a variable");
        };
    }

    private Address named(String name, long offset) throws PtxException {
        Reg reg = op.scope().find(name, op.line());
        if (reg != null) {
            if (reg.width() != Reg.Width.B32 && reg.width() != Reg.Width.B64) {
                throw op.invalid("register " + name + " cannot be an address");
            }
            if (reg.width() == Reg.Width.B32 && (space == Space.GLOBAL || space == Space.GENERIC)) {
                throw op.invalid("register " + name + " is too narrow for an address");
            }
            return new Address(reg, offset);
        }
        Space home = op.symbols().space(name);
        if (home == null) {
            throw op.invalid("unknown symbol " + name);
        }
        if (space == Space.GENERIC) {
            space = home;
        }
        if (space != home) {
            throw op.invalid("variable " + name + " is not in the space of the instruction");
        }
        return home == Space.GLOBAL ? new Address(op.scope().address(name), offset)
                : new Address(null, op.symbols().offset(name) + offset);
    }

    private void load() throws PtxException {
        attributes();
        int vector = vector();
        PtxType type = op.modifiers().onlyType();
        op.shape(2);
        Address address = address(1);
        List<@Nullable Reg> raw = new ArrayList<>();
        List<@Nullable Reg> wanted = new ArrayList<>();
        for (Syntax.Operand element : elements(0, vector)) {
            Reg destination = op.scope().destination(element, op.line());
            wanted.add(destination);
            raw.add(destination == null || direct(destination, type) ? destination
                    : op.scope().fresh(type.bits() == 64 ? Reg.Width.B64 : Reg.Width.B32));
        }
        op.emit(new Instr.Load(op.line(), op.opcode(), op.guard(), space, type, strong, constant, raw, address));
        for (int k = 0; k < vector; k++) {
            Reg from = raw.get(k);
            Reg to = wanted.get(k);
            if (to != null && from != null && from != to) {
                op.set(to, type, new Expr.Read(from, from.bitsKind()));
            }
        }
    }

    /** Whether what is loaded is already what the register holds; narrow signed values come sign-extended. */
    private static boolean direct(Reg destination, PtxType type) {
        return switch (destination.width()) {
            case PRED -> false;
            case B16 -> type.bits() <= 16 && !type.signed();
            case B32 -> type.bits() <= 32;
            case B64 -> type.bits() == 64;
        };
    }

    private void store() throws PtxException {
        attributes();
        int vector = vector();
        PtxType type = op.modifiers().onlyType();
        op.shape(2);
        if (space == Space.PARAM) {
            throw op.unsupported();
        }
        Address address = address(0);
        PtxType bits = switch (type.bits()) {
            case 8 -> PtxType.U8;
            case 16 -> PtxType.U16;
            case 32 -> PtxType.B32;
            default -> PtxType.B64;
        };
        List<Reg> sources = new ArrayList<>();
        for (Syntax.Operand element : elements(1, vector)) {
            Expr value = op.scope().value(element, bits, op.line());
            sources.add(stripped(value, bits));
        }
        op.emit(new Instr.Store(op.line(), op.opcode(), op.guard(), space, type, strong, sources, address));
    }

    /** A store takes the low bits, so masking them first is not needed. */
    private Reg stripped(Expr value, PtxType bits) {
        if (value instanceof Expr.Apply mask && mask.prim().name().equals("iand")
                && mask.args().getFirst() instanceof Expr.Read read) {
            return read.reg();
        }
        return op.materialize(value, bits);
    }

    private void atomic() throws PtxException {
        attributes();
        Modifiers modifiers = op.modifiers();
        modifiers.take("noftz");
        String name = modifiers.takeAny("add", "min", "max", "and", "or", "xor", "exch", "cas", "inc", "dec");
        PtxType type = modifiers.onlyType();
        if (name == null || space == Space.LOCAL || space == Space.PARAM || constant) {
            throw op.unsupported();
        }
        AtomicOp operation = AtomicOp.valueOf(name.toUpperCase(Locale.ROOT));
        checkAtomic(operation, type);
        int first = op.base().equals("atom") ? 1 : 0;
        boolean compare = operation == AtomicOp.CAS;
        op.shape(first + (compare ? 3 : 2));
        Address address = address(first);
        PtxType bits = type.bits() == 64 ? PtxType.B64 : type.bits() == 32 ? PtxType.B32 : PtxType.B16;
        Reg b = op.sourceRegister(first + 1, bits);
        Reg c = compare ? op.sourceRegister(first + 2, bits) : null;
        Reg destination = first == 0 ? null : op.scope().destination(op.operand(0), op.line());
        if (destination != null && destination.wide() != (type.bits() == 64)) {
            throw op.invalid("register " + destination.name() + " does not fit the result");
        }
        op.emit(new Instr.Atomic(op.line(), op.opcode(), op.guard(), space, operation, type, destination, address,
                compare ? b : null, compare ? Objects.requireNonNull(c) : b));
    }

    private void checkAtomic(AtomicOp operation, PtxType type) throws PtxException {
        boolean fits = switch (operation) {
            case ADD -> type.bits() >= 16 && type != PtxType.U16 && type != PtxType.S16 && type != PtxType.B16;
            case MIN, MAX -> !type.floating() && type.bits() >= 32;
            case AND, OR, XOR, EXCH -> type.bits() >= 32 && !type.floating();
            case CAS -> type.bits() >= 16 && !type.floating();
            case INC, DEC -> type == PtxType.U32;
        };
        if (!fits) {
            throw op.unsupported();
        }
    }
}
