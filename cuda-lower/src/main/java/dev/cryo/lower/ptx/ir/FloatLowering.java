package dev.cryo.lower.ptx.ir;

import static dev.cryo.lower.ptx.ir.Operands.i;
import static dev.cryo.lower.ptx.ir.Prim.apply;

import dev.cryo.lower.ptx.PtxException;
import java.util.List;

/** Floating-point arithmetic of half, single and double precision. */
final class FloatLowering {
    private final Op op;
    private final PtxType type;
    private final boolean flush;
    private final boolean saturate;
    private final String rounding;
    private final boolean approximate;

    private FloatLowering(Op op) throws PtxException {
        this.op = op;
        Modifiers modifiers = op.modifiers();
        this.type = modifiers.onlyType();
        this.flush = modifiers.take("ftz");
        modifiers.take("noftz");
        this.saturate = modifiers.take("sat");
        this.approximate = modifiers.take("approx") || modifiers.take("full");
        String word = modifiers.takeAny("rn", "rz", "rm", "rp");
        this.rounding = word == null || word.equals("rn") ? "" : word;
    }

    static boolean lower(Op op) throws PtxException {
        switch (op.base()) {
            case "add", "sub", "mul", "mad", "div", "min", "max", "abs", "neg", "fma", "rcp", "sqrt", "rsqrt", "sin",
                    "cos", "lg2", "ex2", "tanh", "copysign", "testp" -> {
                if (!op.modifiers().type(0).floating()) {
                    throw op.invalid("opcode " + op.opcode() + " needs a floating-point type");
                }
                FloatLowering lowering = new FloatLowering(op);
                if (lowering.type.bits() == 16 || lowering.type == PtxType.F16X2) {
                    lowering.half();
                } else {
                    lowering.full();
                }
                return true;
            }
            default -> {
                return false;
            }
        }
    }

    private void full() throws PtxException {
        switch (op.base()) {
            case "copysign" -> {
                op.shape(3);
                PtxType bits = type == PtxType.F32 ? PtxType.B32 : PtxType.B64;
                op.set(0, bits, apply("copysign" + type.bits(), op.source(1, bits), op.source(2, bits)));
            }
            case "testp" -> testp();
            default -> {
                Expr value = value();
                if (flush && type == PtxType.F32) {
                    value = apply("ftz32", value);
                }
                if (saturate) {
                    value = apply("fsat" + type.bits(), value);
                }
                op.set(0, type, value);
            }
        }
    }

    private Expr value() throws PtxException {
        boolean single = type == PtxType.F32;
        String letter = single ? "f" : "d";
        return switch (op.base()) {
            case "add", "sub", "mul" -> {
                String directed = "f" + op.base() + rounding + type.bits();
                yield binary(rounding.isEmpty() ? letter + op.base() : directed);
            }
            case "div" -> binary(rounding.isEmpty() ? letter + "div" : "fdiv" + rounding + type.bits());
            case "min", "max" -> {
                boolean propagate = op.modifiers().take("NaN");
                if (propagate && !single || op.modifiers().take("xorsign")) {
                    throw op.unsupported();
                }
                yield binary("f" + op.base() + (propagate ? "nan" : "") + type.bits());
            }
            case "fma", "mad" -> {
                op.shape(4);
                yield apply("fma" + rounding + type.bits(), source(1), source(2), source(3));
            }
            case "abs" -> unary("fabs" + type.bits());
            case "neg" -> unary(letter + "neg");
            case "rcp" -> {
                if (!single && approximate) {
                    yield unary("rcpapprox64");
                }
                if (rounding.isEmpty()) {
                    yield unary("rcp" + type.bits());
                }
                op.shape(2);
                yield apply("fdiv" + rounding + type.bits(), one(), source(1));
            }
            case "sqrt" -> unary(rounding.isEmpty() ? "sqrt" + type.bits() : "fsqrt" + rounding + type.bits());
            case "rsqrt" -> unary(!single && flush ? "rsqrtapprox64" : "rsqrt" + type.bits());
            default -> {
                if (!single) {
                    throw op.unsupported();
                }
                yield unary(op.base() + "32");
            }
        };
    }

    private Expr one() {
        return type == PtxType.F32 ? new Expr.Const(Kind.F, Float.floatToRawIntBits(1.0f))
                : new Expr.Const(Kind.D, Double.doubleToRawLongBits(1.0));
    }

    private Expr source(int index) throws PtxException {
        Expr value = op.source(index, type);
        return flush && type == PtxType.F32 ? apply("ftz32", value) : value;
    }

    private Expr unary(String name) throws PtxException {
        op.shape(2);
        return apply(name, source(1));
    }

    private Expr binary(String name) throws PtxException {
        op.shape(3);
        return apply(name, source(1), source(2));
    }

    private void testp() throws PtxException {
        String property = op.modifiers().takeAny("finite", "infinite", "number", "notanumber", "normal", "subnormal");
        op.shape(2);
        int kind = property == null ? -1
                : List.of("finite", "infinite", "number", "notanumber", "normal", "subnormal")
                        .indexOf(property);
        if (kind < 0) {
            throw op.unsupported();
        }
        op.set(0, PtxType.PRED, apply("testp" + type.bits(), op.source(1, type), i(kind)));
    }

    private void half() throws PtxException {
        String suffix = type == PtxType.F16X2 ? "2" : "";
        if (!rounding.isEmpty()) {
            throw op.unsupported();
        }
        Expr value = switch (op.base()) {
            case "add", "sub", "mul", "min", "max" -> {
                op.shape(3);
                yield apply("h" + op.base() + suffix, halfSource(1, suffix), halfSource(2, suffix));
            }
            case "fma" -> {
                op.shape(4);
                yield apply("hfma" + suffix, halfSource(1, suffix), halfSource(2, suffix), halfSource(3, suffix));
            }
            case "neg", "abs" -> {
                op.shape(2);
                yield apply("h" + op.base() + suffix, halfSource(1, suffix));
            }
            case "ex2", "tanh" -> {
                op.shape(2);
                if (!suffix.isEmpty()) {
                    throw op.unsupported();
                }
                yield apply("h" + op.base(), halfSource(1, suffix));
            }
            default -> throw op.unsupported();
        };
        if (flush) {
            value = apply("hftz" + suffix, value);
        }
        if (saturate) {
            value = apply("hsat" + suffix, value);
        }
        op.set(0, type, value);
    }

    private Expr halfSource(int index, String suffix) throws PtxException {
        Expr value = op.source(index, suffix.isEmpty() ? PtxType.B16 : PtxType.B32);
        return flush ? apply("hftz" + suffix, value) : value;
    }
}
