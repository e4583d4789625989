package dev.cryo.lower.ptx.ir;

import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.parse.Syntax;
import dev.cryo.lower.ptx.parse.Syntax.Operand;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Gives operands of one kernel their meaning: registers, variables, constants, addresses. */
final class Operands {
    private final Map<String, String> declared;
    private final Symbols symbols;
    private final Map<String, Reg> named = new HashMap<>();
    private final List<Reg> registers = new ArrayList<>();
    private final Map<SpecialReg, Reg> specials = new EnumMap<>(SpecialReg.class);
    private final Map<String, Reg> addresses = new LinkedHashMap<>();

    Operands(Map<String, String> declared, Symbols symbols) {
        this.declared = declared;
        this.symbols = symbols;
    }

    List<Reg> registers() {
        return registers;
    }

    Map<SpecialReg, Reg> specials() {
        return specials;
    }

    Map<String, Reg> addresses() {
        return addresses;
    }

    Reg fresh(Reg.Width width) {
        return create("%tmp" + registers.size(), width);
    }

    /** The carry of extended-precision arithmetic, 0 or 1. */
    Reg carry() {
        Reg reg = named.get("%CC");
        if (reg == null) {
            reg = create("%CC", Reg.Width.B32);
            named.put("%CC", reg);
        }
        return reg;
    }

    private Reg create(String name, Reg.Width width) {
        Reg reg = new Reg(registers.size(), name, width);
        registers.add(reg);
        return reg;
    }

    Reg special(SpecialReg special) {
        return specials.computeIfAbsent(special,
                s -> create(s.text(), s.wide() ? Reg.Width.B64 : Reg.Width.B32));
    }

    /** The register of this name, or null when the name is not one of a register. */
    @Nullable Reg find(String name, int line) throws PtxException {
        Reg known = named.get(name);
        if (known != null) {
            return known;
        }
        String type = declared.get(name);
        if (type == null) {
            return null;
        }
        Reg.Width width = switch (type) {
            case "pred" -> Reg.Width.PRED;
            case "b8", "u8", "s8", "b16", "u16", "s16", "f16" -> Reg.Width.B16;
            case "b32", "u32", "s32", "f32", "f16x2" -> Reg.Width.B32;
            case "b64", "u64", "s64", "f64" -> Reg.Width.B64;
            default -> throw PtxException.unsupported(line, "registers of type ." + type);
        };
        Reg reg = create(name, width);
        named.put(name, reg);
        return reg;
    }

    Reg register(Operand operand, int line) throws PtxException {
        if (operand instanceof Syntax.Name name && !name.negated() && name.offset() == 0) {
            Reg reg = find(name.text(), line);
            if (reg != null) {
                return reg;
            }
            throw PtxException.invalid(line, "unknown register " + name.text());
        }
        throw PtxException.invalid(line, "expected a register");
    }

    /** A destination; null for the sink {@code _}. */
    @Nullable Reg destination(Operand operand, int line) throws PtxException {
        return operand instanceof Syntax.Name name && name.text().equals("_") ? null : register(operand, line);
    }

    /** The value of a source operand, in the kind of {@code type}; narrow integers are extended by their sign. */
    Expr value(Operand operand, PtxType type, int line) throws PtxException {
        return switch (operand) {
            case Syntax.Int literal -> literal(literal.value(), type);
            case Syntax.Real literal -> real(literal, type);
            case Syntax.Name name -> name(name, type, line);
            case Syntax.Memory m -> throw PtxException.invalid(line, "unexpected memory operand");
            case Syntax.Group g -> throw PtxException.invalid(line, "unexpected vector operand");
            case Syntax.Pair p -> throw PtxException.invalid(line, "unexpected '|'");
            case Syntax.Generic g -> throw PtxException.invalid(line, "unexpected generic()");
            case Syntax.Masked m -> throw PtxException.invalid(line, "unexpected part of an address");
        };
    }

    private static Expr literal(long value, PtxType type) {
        Kind kind = type.kind();
        return switch (kind) {
            case I -> new Expr.Const(Kind.I, type == PtxType.PRED ? (value != 0 ? -1 : 0)
                    : type.bits() == 32 ? (int) value : type.signed() ? narrow(value, type) : value & mask(type));
            case L -> new Expr.Const(Kind.L, value);
            case F -> new Expr.Const(Kind.F, (int) value);
            case D -> new Expr.Const(Kind.D, value);
        };
    }

    private static long narrow(long value, PtxType type) {
        int shift = 64 - type.bits();
        return value << shift >> shift;
    }

    private static long mask(PtxType type) {
        return (1L << type.bits()) - 1;
    }

    private static Expr real(Syntax.Real literal, PtxType type) {
        double value = literal.single() ? Float.intBitsToFloat((int) literal.bits())
                : Double.longBitsToDouble(literal.bits());
        return switch (type.kind()) {
            case F -> new Expr.Const(Kind.F, literal.single() ? (int) literal.bits()
                    : Float.floatToRawIntBits((float) value));
            case D -> new Expr.Const(Kind.D, literal.single() ? Double.doubleToRawLongBits(value) : literal.bits());
            case I -> new Expr.Const(Kind.I, literal.single() ? (int) literal.bits()
                    : Float.floatToRawIntBits((float) value));
            case L -> new Expr.Const(Kind.L, literal.bits());
        };
    }

    private Expr name(Syntax.Name name, PtxType type, int line) throws PtxException {
        if (name.text().startsWith("%") || declared.containsKey(name.text())) {
            Reg reg = find(name.text(), line);
            if (reg != null) {
                return read(reg, type, name.negated(), line);
            }
            Expr special = special(name.text(), type);
            if (special != null) {
                return special;
            }
            throw PtxException.invalid(line, "unknown register " + name.text());
        }
        if (name.text().equals("WARP_SZ")) {
            return literal(32, type);
        }
        Expr address = symbols.address(name.text(), this);
        if (address == null) {
            throw PtxException.invalid(line, "unknown symbol " + name.text());
        }
        Expr moved = name.offset() == 0 ? address
                : Prim.apply("ladd", address, new Expr.Const(Kind.L, name.offset()));
        return type.bits() == 64 ? moved : Prim.apply("l2i", moved);
    }

    private @Nullable Expr special(String text, PtxType type) {
        SpecialReg special = SpecialReg.named(text);
        Expr value = switch (text) {
            case "%clock", "%clock_lo" -> Prim.apply("clock32");
            case "%clock_hi" -> Prim.apply("l2i", Prim.apply("lushr", Prim.apply("clock64"), i(32)));
            case "%clock64" -> Prim.apply("clock64");
            case "%globaltimer" -> Prim.apply("globaltimer");
            case "%globaltimer_lo" -> Prim.apply("l2i", Prim.apply("globaltimer"));
            case "%globaltimer_hi" -> Prim.apply("l2i", Prim.apply("lushr", Prim.apply("globaltimer"), i(32)));
            case "%pm0", "%pm1", "%pm2", "%pm3" -> i(0);
            default -> text.matches("%envreg([0-9]|[12][0-9]|3[01])") ? i(0)
                    : special == null ? null : new Expr.Read(special(special), special.wide() ? Kind.L : Kind.I);
        };
        if (value == null || type.bits() == 64 == value.kind().wide()) {
            return value;
        }
        if (type.bits() == 16) {
            return Prim.apply("iand", value, i(0xffff));
        }
        return value.kind().wide() ? Prim.apply("l2i", value) : Prim.apply("zx32", value);
    }

    static Expr i(int value) {
        return new Expr.Const(Kind.I, value);
    }

    private static Expr read(Reg reg, PtxType type, boolean negated, int line) throws PtxException {
        if (type == PtxType.PRED != (reg.width() == Reg.Width.PRED)) {
            throw PtxException.invalid(line, "register " + reg.name() + " does not fit the type of the instruction");
        }
        if (type == PtxType.PRED) {
            Expr value = new Expr.Read(reg, Kind.I);
            return negated ? Prim.apply("ixor", value, i(-1)) : value;
        }
        boolean wide = type.bits() == 64;
        if (wide && !reg.wide() || type.bits() == 32 && reg.width() == Reg.Width.B16) {
            throw PtxException.invalid(line, "register " + reg.name() + " is too narrow for the instruction");
        }
        if (type.floating() && type.bits() >= 32 && reg.wide() == wide) {
            return new Expr.Read(reg, type.kind());
        }
        Expr bits = new Expr.Read(reg, reg.bitsKind());
        if (wide) {
            return bits;
        }
        return extend(reg.wide() ? Prim.apply("l2i", bits) : bits, type, reg.width() == Reg.Width.B16);
    }

    /** The value of the low bits of an int as {@code type} reads them; {@code clean} says that only 16 bits are set. */
    static Expr extend(Expr value, PtxType type, boolean clean) {
        return switch (type.bits()) {
            case 8 -> type.signed() ? Prim.apply("sx8", value) : Prim.apply("iand", value, i(0xff));
            case 16 -> type.signed() ? Prim.apply("sx16", value)
                    : clean ? value : Prim.apply("iand", value, i(0xffff));
            default -> value;
        };
    }

    /** The value as it is stored in {@code reg}: integers of {@code type} are extended to the width of the register. */
    static Expr stored(Reg reg, Expr value, PtxType type, int line) throws PtxException {
        Kind kind = value.kind();
        return switch (reg.width()) {
            case PRED, B32 -> {
                if (reg.width() == Reg.Width.PRED != (type == PtxType.PRED)) {
                    throw PtxException.invalid(line, "register " + reg.name() + " does not fit the result");
                }
                if (kind.wide()) {
                    throw PtxException.invalid(line, "register " + reg.name() + " is too narrow for the result");
                }
                yield value;
            }
            case B16 -> {
                if (kind != Kind.I || type.bits() == 32 || type == PtxType.PRED) {
                    throw PtxException.invalid(line, "register " + reg.name() + " is too narrow for the result");
                }
                yield type.family() == PtxType.Family.UNSIGNED && type.bits() == 8 ? value
                        : Prim.apply("iand", value, i(0xffff));
            }
            case B64 -> {
                if (kind.wide()) {
                    yield value;
                }
                if (kind == Kind.F || type == PtxType.PRED) {
                    throw PtxException.invalid(line, "register " + reg.name() + " does not fit the result");
                }
                yield type.signed() ? Prim.apply("i2l", value) : Prim.apply("zx32", value);
            }
        };
    }

    /** The register that holds the address of a variable in global or constant memory. */
    Reg address(String variable) {
        return addresses.computeIfAbsent(variable, v -> create("&" + v, Reg.Width.B64));
    }
}
