package dev.cryo.lower.ptx.ir;

import static dev.cryo.lower.ptx.ir.Operands.i;
import static dev.cryo.lower.ptx.ir.Prim.apply;

import dev.cryo.lower.ptx.PtxException;
import java.util.List;

/** Logic, shifts, bit fields and packed integers. */
final class BitLowering {
    private final Op op;

    private BitLowering(Op op) {
        this.op = op;
    }

    static boolean lower(Op op) throws PtxException {
        BitLowering lowering = new BitLowering(op);
        switch (op.base()) {
            case "and", "or", "xor" -> lowering.logic();
            case "not", "cnot" -> lowering.not();
            case "lop3" -> lowering.lop3();
            case "shl", "shr" -> lowering.shift();
            case "shf" -> lowering.funnel();
            case "popc", "clz", "brev" -> lowering.count();
            case "bfind" -> lowering.bfind();
            case "bfe" -> lowering.bfe();
            case "bfi" -> lowering.bfi();
            case "bmsk", "szext" -> lowering.mask();
            case "prmt" -> lowering.prmt();
            case "dp4a", "dp2a" -> lowering.dot();
            case "vabsdiff", "vabsdiff2", "vabsdiff4" -> lowering.vabsdiff();
            default -> {
                return false;
            }
        }
        return true;
    }

    private void logic() throws PtxException {
        PtxType type = op.modifiers().onlyType();
        op.shape(3);
        op.set(0, type, apply((type.bits() == 64 ? "l" : "i") + op.base(), op.source(1, type), op.source(2, type)));
    }

    private void not() throws PtxException {
        PtxType type = op.modifiers().onlyType();
        op.shape(2);
        Expr a = op.source(1, type);
        boolean wide = type.bits() == 64;
        if (op.base().equals("not")) {
            op.set(0, type, wide ? apply("lxor", a, new Expr.Const(Kind.L, -1)) : apply("ixor", a, i(-1)));
        } else {
            Expr zero = wide ? apply("eq64", a, new Expr.Const(Kind.L, 0)) : apply("eq32", a, i(0));
            Expr one = apply("iand", zero, i(1));
            op.set(0, type, wide ? apply("i2l", one) : one);
        }
    }

    private void lop3() throws PtxException {
        PtxType type = op.modifiers().onlyType();
        op.shape(5);
        if (!(op.source(4, PtxType.U32) instanceof Expr.Const table)) {
            throw op.invalid("the table of lop3 is not a constant");
        }
        op.set(0, type, apply("lop332", op.source(1, type), op.source(2, type), op.source(3, type), table));
    }

    private void shift() throws PtxException {
        PtxType type = op.modifiers().onlyType();
        op.shape(3);
        boolean left = op.base().equals("shl");
        boolean wide = type.bits() == 64;
        Expr a = op.source(1, type);
        Expr amount = op.source(2, PtxType.U32);
        if (amount instanceof Expr.Const c) {
            op.set(0, type, constantShift(type, left, a, c.bits() & 0xffffffffL));
            return;
        }
        String name = (left ? "shl" : type.signed() ? "shrs" : "shru") + (wide ? "64" : "32");
        op.set(0, type, apply(name, a, amount));
    }

    private static Expr constantShift(PtxType type, boolean left, Expr a, long amount) {
        boolean wide = type.bits() == 64;
        String letter = wide ? "l" : "i";
        boolean arithmetic = !left && type.signed();
        int last = wide ? 63 : 31;
        if (amount > last && !arithmetic) {
            return new Expr.Const(wide ? Kind.L : Kind.I, 0);
        }
        String name = letter + (left ? "shl" : arithmetic ? "shr" : "ushr");
        return apply(name, a, i((int) Math.min(amount, last)));
    }

    private void funnel() throws PtxException {
        Modifiers modifiers = op.modifiers();
        String direction = modifiers.takeAny("l", "r");
        String mode = modifiers.takeAny("wrap", "clamp");
        PtxType type = modifiers.onlyType();
        op.shape(4);
        if (direction == null || mode == null || type.bits() != 32) {
            throw op.unsupported();
        }
        op.set(0, type, apply("shf" + direction + mode, op.source(1, type), op.source(2, type),
                op.source(3, PtxType.U32)));
    }

    private void count() throws PtxException {
        PtxType type = op.modifiers().onlyType();
        op.shape(2);
        boolean reverse = op.base().equals("brev");
        op.set(0, reverse ? type : PtxType.U32, apply(op.base() + type.bits(), op.source(1, type)));
    }

    private void bfind() throws PtxException {
        boolean shift = op.modifiers().take("shiftamt");
        PtxType type = op.modifiers().onlyType();
        op.shape(2);
        Expr position = apply("bfind" + (type.signed() ? "s" : "u") + type.bits(), op.source(1, type));
        op.set(0, PtxType.U32, shift ? apply("shiftamt" + type.bits(), position) : position);
    }

    private void bfe() throws PtxException {
        PtxType type = op.modifiers().onlyType();
        op.shape(4);
        op.set(0, type, apply("bfe" + (type.signed() ? "s" : "u") + type.bits(), op.source(1, type),
                op.source(2, PtxType.U32), op.source(3, PtxType.U32)));
    }

    private void bfi() throws PtxException {
        PtxType type = op.modifiers().onlyType();
        op.shape(5);
        op.set(0, type, apply("bfi" + type.bits(), op.source(1, type), op.source(2, type),
                op.source(3, PtxType.U32), op.source(4, PtxType.U32)));
    }

    private void mask() throws PtxException {
        String mode = op.modifiers().takeAny("clamp", "wrap");
        PtxType type = op.modifiers().onlyType();
        op.shape(3);
        if (mode == null) {
            throw op.unsupported();
        }
        String sign = op.base().equals("bmsk") ? "" : type.signed() ? "s" : "u";
        op.set(0, type, apply(op.base() + sign + mode, op.source(1, type), op.source(2, PtxType.U32)));
    }

    private void prmt() throws PtxException {
        List<String> modes = List.of("f4e", "b4e", "rc8", "ecl", "ecr", "rc16");
        String mode = op.modifiers().takeAny(modes.toArray(String[]::new));
        PtxType type = op.modifiers().onlyType();
        op.shape(4);
        Expr a = op.source(1, type);
        Expr b = op.source(2, type);
        Expr c = op.source(3, type);
        op.set(0, type, mode == null ? apply("prmt", a, b, c) : apply("prmtmode", a, b, c, i(modes.indexOf(mode) + 1)));
    }

    private Expr signs() throws PtxException {
        return i((op.modifiers().type(0).signed() ? 1 : 0) | (op.modifiers().type(1).signed() ? 2 : 0));
    }

    private void dot() throws PtxException {
        PtxType type = PtxType.B32;
        String half = op.modifiers().takeAny("lo", "hi");
        op.shape(4);
        Expr a = op.source(1, type);
        Expr b = op.source(2, type);
        Expr c = op.source(3, type);
        op.set(0, type, op.base().equals("dp4a") ? apply("dp4a", a, b, c, signs())
                : apply("dp2a", a, b, c, signs(), i("hi".equals(half) ? 1 : 0)));
    }

    /** The packed forms; those with lane masks, saturation or selectors are refused. */
    private void vabsdiff() throws PtxException {
        boolean add = op.modifiers().take("add");
        if (op.modifiers().typeCount() == 3) {
            PtxType operands = op.modifiers().type(1);
            int bits = switch (op.base()) {
                case "vabsdiff2" -> 16;
                case "vabsdiff4" -> 8;
                default -> 32;
            };
            if (operands.bits() == 32 && op.modifiers().type(2).bits() == 32 && bits < 32) {
                op.shape(4);
                Expr signs = i((operands.signed() ? 1 : 0) | (op.modifiers().type(2).signed() ? 2 : 0));
                PtxType type = PtxType.B32;
                Expr a = op.source(1, type);
                Expr b = op.source(2, type);
                op.set(0, type, add ? apply("vabsdiffadd", a, b, op.source(3, type), i(bits), signs)
                        : apply("vabsdiff", a, b, i(bits), signs));
                return;
            }
        }
        throw op.unsupported();
    }
}
