package dev.cryo.lower.ptx.ir;

import static dev.cryo.lower.ptx.ir.Operands.i;
import static dev.cryo.lower.ptx.ir.Prim.apply;

import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.parse.Syntax;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** mov, cvt and the conversions between address spaces. */
final class ConversionLowering {
    private final Op op;

    private ConversionLowering(Op op) {
        this.op = op;
    }

    static boolean lower(Op op) throws PtxException {
        ConversionLowering lowering = new ConversionLowering(op);
        switch (op.base()) {
            case "mov" -> lowering.mov();
            case "cvt" -> lowering.cvt();
            case "cvta" -> lowering.cvta();
            case "isspacep" -> lowering.isspacep();
            default -> {
                return false;
            }
        }
        return true;
    }

    private void mov() throws PtxException {
        PtxType type = op.modifiers().onlyType();
        op.shape(2);
        if (op.operand(0) instanceof Syntax.Group parts) {
            unpack(type, parts.elements());
        } else if (op.operand(1) instanceof Syntax.Group parts) {
            pack(type, parts.elements());
        } else {
            op.set(0, type, op.source(1, type));
        }
    }

    private int partBits(PtxType type, int count) throws PtxException {
        int bits = type.bits() / count;
        if (type.bits() < 32 || bits * count != type.bits() || bits < 8 || bits > 32) {
            throw op.invalid("opcode " + op.opcode() + " with a vector of " + count);
        }
        if (bits == 8) {
            throw op.unsupported();
        }
        return bits;
    }

    private void unpack(PtxType type, List<Syntax.Operand> parts) throws PtxException {
        int bits = partBits(type, parts.size());
        PtxType part = bits == 16 ? PtxType.B16 : PtxType.B32;
        PtxType whole = type.bits() == 64 ? PtxType.B64 : PtxType.B32;
        Reg source = op.materialize(op.source(1, whole), whole);
        Reg copy = op.scope().fresh(source.width());
        op.emit(new Instr.Compute(op.line(), op.opcode(), copy, new Expr.Read(source, source.bitsKind())));
        for (int k = 0; k < parts.size(); k++) {
            Reg destination = op.scope().destination(parts.get(k), op.line());
            if (destination != null) {
                Expr value = new Expr.Read(copy, copy.bitsKind());
                Expr shifted = k == 0 ? value : apply(copy.wide() ? "lushr" : "iushr", value, i(k * bits));
                op.set(destination, part, copy.wide() ? apply("l2i", shifted) : shifted);
            }
        }
    }

    private void pack(PtxType type, List<Syntax.Operand> parts) throws PtxException {
        int bits = partBits(type, parts.size());
        boolean wide = type.bits() == 64;
        PtxType part = bits == 16 ? PtxType.U16 : PtxType.B32;
        Expr result = null;
        for (int k = 0; k < parts.size(); k++) {
            Expr value = op.scope().value(parts.get(k), part, op.line());
            Expr widened = wide ? apply("zx32", value) : value;
            Expr shifted = k == 0 ? widened : apply(wide ? "lshl" : "ishl", widened, i(k * bits));
            result = result == null ? shifted : apply(wide ? "lor" : "ior", result, shifted);
        }
        if (result == null) {
            throw op.invalid("an empty vector");
        }
        op.set(0, type, result);
    }

    // cvt

    private void cvt() throws PtxException {
        Modifiers modifiers = op.modifiers();
        PtxType to = modifiers.type(0);
        PtxType from = modifiers.type(1);
        boolean saturate = modifiers.take("sat");
        boolean flush = modifiers.take("ftz");
        String rounding = modifiers.takeAny("rn", "rz", "rm", "rp", "rni", "rzi", "rmi", "rpi");
        String mode = rounding == null ? "" : rounding;
        if (to == PtxType.F16X2) {
            packHalves(from, mode);
            return;
        }
        op.shape(2);
        if (from == PtxType.F16X2 || to == PtxType.PRED || from == PtxType.PRED) {
            throw op.unsupported();
        }
        Expr value = op.source(1, from == PtxType.F16 ? PtxType.B16 : from);
        if (flush && from == PtxType.F32) {
            value = apply("ftz32", value);
        }
        if (from.floating()) {
            value = to.floating() ? floatToFloat(to, from, value, mode) : floatToInteger(to, from, value, mode);
        } else {
            value = to.floating() ? integerToFloat(to, from, value, mode)
                    : saturate ? saturated(to, from, value) : resized(to, from, value);
        }
        if (flush && to == PtxType.F32) {
            value = apply("ftz32", value);
        }
        if (saturate && to.floating()) {
            value = apply(to == PtxType.F16 ? "hsat" : "fsat" + to.bits(), value);
        }
        op.set(0, to, value);
    }

    private void packHalves(PtxType from, String mode) throws PtxException {
        op.shape(3);
        if (from != PtxType.F32 || !mode.equals("rn") && !mode.equals("rz")) {
            throw op.unsupported();
        }
        String name = mode.equals("rz") ? "ftohrz" : "ftoh";
        op.set(0, PtxType.B32, apply("ior", apply("ishl", apply(name, op.source(1, from)), i(16)),
                apply(name, op.source(2, from))));
    }

    private static @Nullable String integral(String mode) {
        return switch (mode) {
            case "rni" -> "rint";
            case "rmi" -> "floor";
            case "rpi" -> "ceil";
            case "rzi" -> "trunc";
            default -> null;
        };
    }

    private Expr floatToFloat(PtxType to, PtxType from, Expr value, String mode) throws PtxException {
        String integral = integral(mode);
        if (from == PtxType.F16) {
            Expr single = apply("htof", value);
            Expr rounded = integral == null ? single : apply(integral + "32", single);
            return switch (to) {
                case F16 -> integral == null ? value : apply("ftoh", rounded);
                case F32 -> rounded;
                default -> apply("f2d", rounded);
            };
        }
        Expr rounded = integral == null ? value : apply(integral + from.bits(), value);
        if (to == from) {
            return rounded;
        }
        String direction = mode.equals("rn") || integral != null ? "" : mode;
        return switch (to) {
            case F64 -> apply("f2d", rounded);
            case F32 -> direction.isEmpty() ? apply("d2f", rounded) : apply("dtof" + direction, rounded);
            default -> {
                if (direction.equals("rz") && from == PtxType.F32) {
                    yield apply("ftohrz", rounded);
                }
                if (!direction.isEmpty()) {
                    throw op.unsupported();
                }
                yield apply(from == PtxType.F32 ? "ftoh" : "dtoh", rounded);
            }
        };
    }

    private Expr floatToInteger(PtxType to, PtxType from, Expr source, String mode) throws PtxException {
        Expr value = from == PtxType.F16 ? apply("htof", source) : source;
        boolean single = value.kind() == Kind.F;
        String integral = integral(mode.length() == 2 ? mode + "i" : mode);
        if (integral == null) {
            throw op.invalid("opcode " + op.opcode() + " lacks a rounding mode");
        }
        Expr rounded = integral.equals("trunc") ? value : apply(integral + (single ? "32" : "64"), value);
        String name = (to.signed() ? "s" : "u") + to.bits();
        if (!single) {
            return apply("dto" + name, rounded);
        }
        return switch (to) {
            case S32 -> apply("f2i", rounded);
            case U32, S64, U64 -> apply("fto" + name, rounded);
            default -> apply("sat" + name, apply("f2l", rounded));
        };
    }

    private Expr integerToFloat(PtxType to, PtxType from, Expr value, String mode) throws PtxException {
        String direction = mode.equals("rn") ? "" : mode;
        if (mode.isEmpty() || mode.length() > 2) {
            throw op.invalid("opcode " + op.opcode() + " lacks a rounding mode");
        }
        boolean unsigned = !from.signed();
        boolean wide = from.bits() == 64;
        if (to == PtxType.F16) {
            if (!direction.isEmpty()) {
                throw op.unsupported();
            }
            return apply("dtoh", wide ? unsigned ? apply("u64tod", value) : apply("l2d", value)
                    : unsigned ? apply("u32tod", value) : apply("i2d", value));
        }
        String letter = to == PtxType.F32 ? "f" : "d";
        if (!direction.isEmpty()) {
            Expr exact = wide ? value : apply(unsigned ? "zx32" : "i2l", value);
            return apply((unsigned && wide ? "u64to" : "s64to") + letter + direction, exact);
        }
        if (unsigned && from.bits() >= 32) {
            return apply("u" + from.bits() + "to" + letter, value);
        }
        return apply((wide ? "l2" : "i2") + letter, value);
    }

    private static Expr resized(PtxType to, PtxType from, Expr value) {
        if (to.bits() == 64) {
            return value.kind() == Kind.L ? value : apply(from.signed() ? "i2l" : "zx32", value);
        }
        return Operands.extend(value.kind() == Kind.L ? apply("l2i", value) : value, to, false);
    }

    private Expr saturated(PtxType to, PtxType from, Expr value) throws PtxException {
        boolean unsigned64 = from.bits() == 64 && !from.signed();
        Expr wide = value.kind() == Kind.L ? value : apply(from.signed() ? "i2l" : "zx32", value);
        if (unsigned64) {
            long max = to.signed() ? Long.MAX_VALUE >>> 64 - to.bits() : -1L >>> 64 - to.bits();
            Expr clamped = apply("satfromu64", wide, new Expr.Const(Kind.L, max));
            return to.bits() == 64 ? clamped : apply("l2i", clamped);
        }
        if (to.bits() == 64) {
            return to.signed() ? wide : apply("satu64", wide);
        }
        if (to.floating()) {
            throw op.unsupported();
        }
        return apply("sat" + (to.signed() ? "s" : "u") + to.bits(), wide);
    }

    // Address spaces

    private @Nullable Long window(String space) {
        return switch (space) {
            case "shared", "shared::cta" -> KernelIr.SHARED_WINDOW;
            case "local" -> KernelIr.LOCAL_WINDOW;
            case "param", "param::entry" -> KernelIr.PARAM_WINDOW;
            case "global", "const" -> 0L;
            default -> null;
        };
    }

    private Long takeWindow() throws PtxException {
        for (String space : List.of("shared::cta", "shared", "local", "param::entry", "param", "global", "const")) {
            if (op.modifiers().take(space)) {
                Long window = window(space);
                if (window != null) {
                    return window;
                }
            }
        }
        throw op.unsupported();
    }

    private void cvta() throws PtxException {
        boolean fromGeneric = op.modifiers().take("to");
        long window = takeWindow();
        PtxType type = op.modifiers().onlyType();
        op.shape(2);
        if (type != PtxType.U64 && type != PtxType.B64) {
            throw op.unsupported();
        }
        Expr address = op.source(1, type);
        op.set(0, type, window == 0 ? address
                : apply(fromGeneric ? "lsub" : "ladd", address, new Expr.Const(Kind.L, window)));
    }

    private void isspacep() throws PtxException {
        long window = takeWindow();
        op.shape(2);
        Expr upper = apply("lushr", op.source(1, PtxType.U64), i(32));
        List<Long> windows = window != 0 ? List.of(window)
                : List.of(KernelIr.SHARED_WINDOW, KernelIr.LOCAL_WINDOW, KernelIr.PARAM_WINDOW);
        List<Expr> tests = new ArrayList<>();
        for (long w : windows) {
            tests.add(apply("eq64", upper, new Expr.Const(Kind.L, w >>> 32)));
        }
        Expr any = tests.stream().reduce((a, b) -> apply("ior", a, b)).orElseThrow();
        op.set(0, PtxType.PRED, window != 0 ? any : apply("ixor", any, i(-1)));
    }
}
