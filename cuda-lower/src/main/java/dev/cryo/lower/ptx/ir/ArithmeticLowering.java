package dev.cryo.lower.ptx.ir;

import static dev.cryo.lower.ptx.ir.Operands.i;
import static dev.cryo.lower.ptx.ir.Prim.apply;

import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.parse.Syntax;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Integer arithmetic, carry chains, comparison and selection. */
final class ArithmeticLowering {
    private final Op op;

    private ArithmeticLowering(Op op) {
        this.op = op;
    }

    static boolean lower(Op op) throws PtxException {
        ArithmeticLowering lowering = new ArithmeticLowering(op);
        boolean floating = op.modifiers().typeCount() > 0 && op.modifiers().type(0).floating();
        switch (op.base()) {
            case "add", "sub", "mul", "mad", "div", "rem", "min", "max", "abs", "neg" -> {
                return !floating && lowering.integer();
            }
            case "addc", "subc", "madc" -> lowering.withCarry();
            case "mul24", "mad24" -> lowering.mul24();
            case "sad" -> lowering.sad();
            case "setp" -> lowering.setp();
            case "set" -> lowering.set();
            case "selp" -> lowering.selp();
            case "slct" -> lowering.slct();
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean integer() throws PtxException {
        Modifiers modifiers = op.modifiers();
        if (modifiers.take("cc")) {
            withCarry("cc");
            return true;
        }
        switch (op.base()) {
            case "add", "sub" -> {
                boolean saturate = modifiers.take("sat");
                PtxType type = modifiers.onlyType();
                if (saturate && type != PtxType.S32) {
                    throw op.unsupported();
                }
                binary(type, saturate ? op.base() + "sat32" : op.base());
            }
            case "mul" -> multiply();
            case "mad" -> multiplyAdd();
            case "abs", "neg" -> {
                PtxType type = modifiers.onlyType();
                op.shape(2);
                Expr a = op.source(1, type);
                op.set(0, type, op.base().equals("neg") ? apply(wide(type) ? "lneg" : "ineg", a)
                        : apply(wide(type) ? "abs64" : "abs32", a));
            }
            default -> {
                modifiers.take("relu");
                PtxType type = modifiers.onlyType();
                binary(type, op.base() + (type.signed() ? "" : "u") + (wide(type) ? "64" : "32"));
            }
        }
        return true;
    }

    private void binary(PtxType type, String name) throws PtxException {
        op.shape(3);
        String machine = switch (name) {
            case "add", "sub" -> (wide(type) ? "l" : "i") + name;
            default -> name;
        };
        op.set(0, type, apply(machine, op.source(1, type), op.source(2, type)));
    }

    private static boolean wide(PtxType type) {
        return type.bits() == 64;
    }

    private void multiply() throws PtxException {
        String half = half();
        PtxType type = op.modifiers().onlyType();
        op.shape(3);
        op.set(0, half.equals("wide") ? widened(type) : type, product(type, half));
    }

    private String half() {
        String half = op.modifiers().takeAny("lo", "hi", "wide");
        return half == null ? "lo" : half;
    }

    private PtxType widened(PtxType type) throws PtxException {
        return switch (type) {
            case U16 -> PtxType.U32;
            case S16 -> PtxType.S32;
            case U32 -> PtxType.U64;
            case S32 -> PtxType.S64;
            default -> throw op.invalid("opcode " + op.opcode() + " cannot widen its type");
        };
    }

    private Expr product(PtxType type, String half) throws PtxException {
        Expr a = op.source(1, type);
        Expr b = op.source(2, type);
        return switch (half) {
            case "lo" -> apply(wide(type) ? "lmul" : "imul", a, b);
            case "hi" -> type.bits() == 16 ? apply(type.signed() ? "ishr" : "iushr", apply("imul", a, b), i(16))
                    : apply("mulhi" + (type.signed() ? "" : "u") + type.bits(), a, b);
            default -> widened(type).bits() == 32 ? apply("imul", a, b)
                    : apply("lmul", apply(type.signed() ? "i2l" : "zx32", a), apply(type.signed() ? "i2l" : "zx32", b));
        };
    }

    private void multiplyAdd() throws PtxException {
        String half = half();
        boolean saturate = op.modifiers().take("sat");
        PtxType type = op.modifiers().onlyType();
        PtxType result = half.equals("wide") ? widened(type) : type;
        op.shape(4);
        if (saturate) {
            if (type != PtxType.S32 || !half.equals("hi")) {
                throw op.unsupported();
            }
            op.set(0, type, apply("madhisat32", op.source(1, type), op.source(2, type), op.source(3, type)));
            return;
        }
        Expr addend = op.source(3, result);
        op.set(0, result, apply(wide(result) ? "ladd" : "iadd", product(type, half), addend));
    }

    private void withCarry() throws PtxException {
        withCarry(op.modifiers().take("cc") ? "cc" : "");
    }

    /** add.cc, addc, sub.cc, subc, mad.cc, madc: the last carry is in a register of its own. */
    private void withCarry(String out) throws PtxException {
        boolean multiply = op.base().startsWith("mad");
        boolean subtract = op.base().startsWith("sub");
        boolean in = op.base().endsWith("c");
        String half = multiply ? half() : "";
        PtxType type = op.modifiers().onlyType();
        op.shape(multiply ? 4 : 3);
        if (type.bits() < 32 || half.equals("wide")) {
            throw op.unsupported();
        }
        Reg flag = op.scope().carry();
        Expr a = read(op.materialize(multiply ? product(type, half) : op.source(1, type), type), type);
        Expr b = op.source(multiply ? 3 : 2, type);
        Expr carry = in ? new Expr.Read(flag, Kind.I) : i(0);
        Reg next = op.scope().fresh(Reg.Width.B32);
        if (out.equals("cc")) {
            op.emit(new Instr.Compute(op.line(), op.opcode(), next,
                    apply((subtract ? "borrow" : "carry") + type.bits(), a, b, carry)));
        }
        String machine = (wide(type) ? "l" : "i") + (subtract ? "sub" : "add");
        Expr result = apply(machine, apply(machine, a, b), wide(type) ? apply("i2l", carry) : carry);
        op.set(0, type, result);
        if (out.equals("cc")) {
            op.assign(flag, new Expr.Read(next, Kind.I));
        }
    }

    private static Expr read(Reg reg, PtxType type) {
        return new Expr.Read(reg, type.kind());
    }

    private void mul24() throws PtxException {
        String half = half();
        PtxType type = op.modifiers().onlyType();
        boolean add = op.base().equals("mad24");
        op.shape(add ? 4 : 3);
        if (type.bits() != 32) {
            throw op.unsupported();
        }
        Expr product = apply("mul24" + half + (type.signed() ? "" : "u"), op.source(1, type), op.source(2, type));
        op.set(0, type, add ? apply("iadd", product, op.source(3, type)) : product);
    }

    private void sad() throws PtxException {
        PtxType type = op.modifiers().onlyType();
        op.shape(4);
        String suffix = (type.signed() ? "" : "u") + (wide(type) ? "64" : "32");
        Expr a = op.source(1, type);
        Expr b = op.source(2, type);
        Expr distance = apply(wide(type) ? "lsub" : "isub", apply("max" + suffix, a, b), apply("min" + suffix, a, b));
        op.set(0, type, apply(wide(type) ? "ladd" : "iadd", distance, op.source(3, type)));
    }

    // Comparison

    private static final String[] COMPARISONS = {"eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs", "equ",
        "neu", "ltu", "leu", "gtu", "geu", "num", "nan"};

    private Expr comparison(PtxType type, int first) throws PtxException {
        String name = op.modifiers().takeAny(COMPARISONS);
        boolean flush = op.modifiers().take("ftz");
        if (name == null) {
            throw op.unsupported();
        }
        Expr a = op.source(first, type);
        Expr b = op.source(first + 1, type);
        if (type == PtxType.F16) {
            return floating(name, apply("htof", a), apply("htof", b), "32");
        }
        if (type == PtxType.F32) {
            return floating(name, flush ? apply("ftz32", a) : a, flush ? apply("ftz32", b) : b, "32");
        }
        return type == PtxType.F64 ? floating(name, a, b, "64") : integer(name, type, a, b);
    }

    private Expr integer(String name, PtxType type, Expr a, Expr b) throws PtxException {
        String width = wide(type) ? "64" : "32";
        boolean unsigned = !type.signed() || List.of("lo", "ls", "hi", "hs").contains(name);
        String less = (unsigned ? "ltu" : "lt") + width;
        return switch (name) {
            case "eq" -> apply("eq" + width, a, b);
            case "ne" -> apply("ne" + width, a, b);
            case "lt", "lo" -> apply(less, a, b);
            case "le", "ls" -> not(apply(less, b, a));
            case "gt", "hi" -> apply(less, b, a);
            case "ge", "hs" -> not(apply(less, a, b));
            default -> throw op.invalid("comparison " + name + " of integers");
        };
    }

    private static Expr not(Expr mask) {
        return apply("ixor", mask, i(-1));
    }

    private Expr floating(String name, Expr a, Expr b, String width) throws PtxException {
        return switch (name) {
            case "eq" -> apply("feq" + width, a, b);
            case "ne" -> apply("fne" + width, a, b);
            case "lt" -> apply("flt" + width, a, b);
            case "le" -> apply("fle" + width, a, b);
            case "gt" -> apply("flt" + width, b, a);
            case "ge" -> apply("fle" + width, b, a);
            case "equ" -> not(apply("fne" + width, a, b));
            case "neu" -> not(apply("feq" + width, a, b));
            case "ltu" -> not(apply("fle" + width, b, a));
            case "leu" -> not(apply("flt" + width, b, a));
            case "gtu" -> not(apply("fle" + width, a, b));
            case "geu" -> not(apply("flt" + width, a, b));
            case "num" -> apply("fnum" + width, a, b);
            case "nan" -> not(apply("fnum" + width, a, b));
            default -> throw op.invalid("comparison " + name + " of floating-point numbers");
        };
    }

    private void setp() throws PtxException {
        PtxType type = op.modifiers().onlyType();
        String combine = op.modifiers().takeAny("and", "or", "xor");
        Expr compared = comparison(type, 1);
        op.shape(combine == null ? 3 : 4);
        if (type == PtxType.F16X2) {
            throw op.unsupported();
        }
        Syntax.Operand first = op.operand(0);
        Syntax.@Nullable Operand second = null;
        if (first instanceof Syntax.Pair pair) {
            first = pair.first();
            second = pair.second();
        }
        Expr mask = new Expr.Read(op.materialize(compared, PtxType.PRED), Kind.I);
        Expr other = combine == null ? null : op.source(3, PtxType.PRED);
        Expr copied = other == null ? null : new Expr.Read(op.materialize(other, PtxType.PRED), Kind.I);
        Expr positive = copied == null ? mask : apply("i" + combine, mask, copied);
        Expr negative = copied == null ? not(mask) : apply("i" + combine, not(mask), copied);
        Reg negated = second == null ? null : op.scope().destination(second, op.line());
        Reg saved = negated == null ? null : op.materialize(negative, PtxType.PRED);
        Reg direct = op.scope().destination(first, op.line());
        if (direct != null) {
            op.set(direct, PtxType.PRED, positive);
        }
        if (negated != null && saved != null) {
            op.set(negated, PtxType.PRED, new Expr.Read(saved, Kind.I));
        }
    }

    private void set() throws PtxException {
        PtxType result = op.modifiers().type(0);
        PtxType type = op.modifiers().type(1);
        String combine = op.modifiers().takeAny("and", "or", "xor");
        if (result.bits() != 32 || type == PtxType.F16X2 || result == PtxType.F16X2) {
            throw op.unsupported();
        }
        Expr mask = comparison(type, 1);
        op.shape(combine == null ? 3 : 4);
        if (combine != null) {
            mask = apply("i" + combine, mask, op.source(3, PtxType.PRED));
        }
        op.set(0, PtxType.B32, result == PtxType.F32
                ? apply("iand", mask, i(Float.floatToRawIntBits(1.0f))) : mask);
    }

    // Selection works on bits, so that it vectorises for every type.

    private static PtxType bits(PtxType type) {
        return switch (type.bits()) {
            case 16 -> PtxType.B16;
            case 32 -> PtxType.B32;
            default -> PtxType.B64;
        };
    }

    private void selp() throws PtxException {
        PtxType type = bits(op.modifiers().onlyType());
        op.shape(4);
        Expr mask = op.source(3, PtxType.PRED);
        op.set(0, type, apply(wide(type) ? "sel64" : "sel32", mask, op.source(1, type), op.source(2, type)));
    }

    private void slct() throws PtxException {
        boolean flush = op.modifiers().take("ftz");
        PtxType type = bits(op.modifiers().type(0));
        PtxType condition = op.modifiers().type(1);
        op.shape(4);
        Expr c = op.source(3, condition);
        Expr mask = condition == PtxType.F32
                ? apply("fle32", new Expr.Const(Kind.F, 0), flush ? apply("ftz32", c) : c)
                : not(apply("lt32", c, i(0)));
        op.set(0, type, apply(wide(type) ? "sel64" : "sel32", mask, op.source(1, type), op.source(2, type)));
    }
}
