package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.ir.Expr;
import dev.cryo.lower.ptx.ir.Kind;
import dev.cryo.lower.ptx.ir.Prim;
import dev.cryo.lower.ptx.ir.PtxType;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.ConvertInstruction;
import java.lang.classfile.instruction.OperatorInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes the bytecode of one generated method: expressions, values of a {@link Kind}, memory, and what the frame holds.
 */
final class Emitter {
    static final ClassDesc FRAME = Frame.class.describeConstable().orElseThrow();
    static final ClassDesc INTS = ConstantDescs.CD_int.arrayType();
    static final ClassDesc LONGS = ConstantDescs.CD_long.arrayType();
    private static final ClassDesc RAW = Raw.class.describeConstable().orElseThrow();
    private static final ClassDesc UNSAFE = ClassDesc.of("sun.misc.Unsafe");
    private static final Map<Kind, ClassDesc> DESCRIPTORS = new EnumMap<>(Map.of(Kind.I, ConstantDescs.CD_int,
            Kind.L, ConstantDescs.CD_long, Kind.F, ConstantDescs.CD_float, Kind.D, ConstantDescs.CD_double));

    private final CodeBuilder code;
    private final int frame;
    private final Map<String, Integer> frameValues = new HashMap<>();

    /** Writes to a method whose parameter in local variable {@code frame} is the frame. */
    Emitter(CodeBuilder code, int frame) {
        this.code = code;
        this.frame = frame;
    }

    CodeBuilder code() {
        return code;
    }

    // Local variables

    /** Puts what is on the stack into a new local variable. */
    int storeLocal(Kind kind) {
        int slot = code.allocateLocal(type(kind));
        code.storeLocal(type(kind), slot);
        return slot;
    }

    void loadLocal(Kind kind, int slot) {
        code.loadLocal(type(kind), slot);
    }

    // The frame

    /** Puts an array of the frame on the stack. */
    void frameArray(String field, ClassDesc type) {
        code.aload(frame).getfield(FRAME, field, type);
    }

    /** Element {@code index} of an array of the frame, which is read once, in a local variable. */
    int frameElement(String field, int index) {
        return frameValues.computeIfAbsent(field + index, k -> {
            frameArray(field, LONGS);
            code.loadConstant(index).laload();
            return storeLocal(Kind.L);
        });
    }

    /** A long of the frame, which is read once, in a local variable. */
    int frameLong(String field) {
        return frameValues.computeIfAbsent(field, k -> {
            code.aload(frame).getfield(FRAME, field, ConstantDescs.CD_long);
            return storeLocal(Kind.L);
        });
    }

    /** Puts an int of the frame on the stack. */
    void frameInt(String field) {
        code.aload(frame).getfield(FRAME, field, ConstantDescs.CD_int);
    }

    // Memory

    /** Puts on the stack what the raw accesses below are called on; array or address and offset follow it. */
    void unsafe() {
        code.getstatic(RAW, "UNSAFE", UNSAFE);
    }

    /** Takes an array and an offset, and puts the value there on the stack. */
    void getFromArray(Kind kind) {
        code.invokevirtual(UNSAFE, "get" + suffix(kind), MethodTypeDesc.of(
                descriptor(kind), ConstantDescs.CD_Object, ConstantDescs.CD_long));
    }

    /** Takes an array, an offset and a value, and puts the value there. */
    void putIntoArray(Kind kind) {
        code.invokevirtual(UNSAFE, "put" + suffix(kind), MethodTypeDesc.of(
                ConstantDescs.CD_void, ConstantDescs.CD_Object, ConstantDescs.CD_long, descriptor(kind)));
    }

    /** Reads a value of a PTX type from memory, as {@code kind} if it has 32 bits or more. */
    void getFromMemory(PtxType type, Kind kind, Runnable address, long offset) {
        unsafe();
        address.run();
        if (offset != 0) {
            code.loadConstant(offset).ladd();
        }
        switch (type.bits()) {
            case 8 -> {
                get("getByte", ConstantDescs.CD_byte);
                if (!type.signed()) {
                    code.loadConstant(0xff).iand();
                }
            }
            case 16 -> {
                get("getShort", ConstantDescs.CD_short);
                if (!type.signed()) {
                    code.loadConstant(0xffff).iand();
                }
            }
            default -> get("get" + suffix(kind), descriptor(kind));
        }
    }

    private void get(String method, ClassDesc result) {
        code.invokevirtual(UNSAFE, method, MethodTypeDesc.of(result, ConstantDescs.CD_long));
    }

    // Expressions

    /** Puts the value of an expression on the stack; {@code reader} does so for a register. */
    void emit(Expr expr, Consumer<Expr.Read> reader) {
        switch (expr) {
            case Expr.Read read -> reader.accept(read);
            case Expr.Const constant -> constant(constant);
            case Expr.Apply apply -> {
                apply.args().forEach(arg -> emit(arg, reader));
                apply(apply.prim());
            }
        }
    }

    private void constant(Expr.Const constant) {
        switch (constant.kind()) {
            case I -> code.loadConstant((int) constant.bits());
            case L -> code.loadConstant(constant.bits());
            case F -> {
                float value = Float.intBitsToFloat((int) constant.bits());
                if (Float.floatToIntBits(value) == (int) constant.bits()) {
                    code.loadConstant(value);
                } else {
                    code.loadConstant((int) constant.bits());
                    cast(Kind.I, Kind.F);
                }
            }
            case D -> {
                double value = Double.longBitsToDouble(constant.bits());
                if (Double.doubleToLongBits(value) == constant.bits()) {
                    code.loadConstant(value);
                } else {
                    code.loadConstant(constant.bits());
                    cast(Kind.L, Kind.D);
                }
            }
        }
    }

    private void apply(Prim prim) {
        Opcode opcode = prim.opcode();
        Method method = prim.method();
        if (opcode != null) {
            code.with(opcode.kind() == Opcode.Kind.CONVERT ? ConvertInstruction.of(opcode)
                    : OperatorInstruction.of(opcode));
        } else if (method != null) {
            ClassDesc owner = method.getDeclaringClass().describeConstable().orElseThrow();
            List<ClassDesc> parameters = new ArrayList<>();
            for (Class<?> parameter : method.getParameterTypes()) {
                parameters.add(parameter.describeConstable().orElseThrow());
            }
            code.invokestatic(owner, method.getName(),
                    MethodTypeDesc.of(method.getReturnType().describeConstable().orElseThrow(), parameters));
        }
    }

    /** Turns the value on the stack into the other kind of its bits. */
    void cast(Kind from, Kind to) {
        if (from == to) {
            return;
        }
        switch (to) {
            case F -> code.invokestatic(ConstantDescs.CD_Float, "intBitsToFloat",
                    MethodTypeDesc.of(ConstantDescs.CD_float, ConstantDescs.CD_int));
            case I -> code.invokestatic(ConstantDescs.CD_Float, "floatToRawIntBits",
                    MethodTypeDesc.of(ConstantDescs.CD_int, ConstantDescs.CD_float));
            case D -> code.invokestatic(ConstantDescs.CD_Double, "longBitsToDouble",
                    MethodTypeDesc.of(ConstantDescs.CD_double, ConstantDescs.CD_long));
            case L -> code.invokestatic(ConstantDescs.CD_Double, "doubleToRawLongBits",
                    MethodTypeDesc.of(ConstantDescs.CD_long, ConstantDescs.CD_double));
        }
    }

    /** The kind that has the same bits. */
    static Kind other(Kind kind) {
        return switch (kind) {
            case I -> Kind.F;
            case F -> Kind.I;
            case L -> Kind.D;
            case D -> Kind.L;
        };
    }

    private static ClassDesc descriptor(Kind kind) {
        @Nullable ClassDesc descriptor = DESCRIPTORS.get(kind);
        if (descriptor == null) {
            throw new IllegalStateException("no descriptor for " + kind);
        }
        return descriptor;
    }

    private static TypeKind type(Kind kind) {
        return switch (kind) {
            case I -> TypeKind.INT;
            case L -> TypeKind.LONG;
            case F -> TypeKind.FLOAT;
            case D -> TypeKind.DOUBLE;
        };
    }

    private static String suffix(Kind kind) {
        return switch (kind) {
            case I -> "Int";
            case L -> "Long";
            case F -> "Float";
            case D -> "Double";
        };
    }
}
