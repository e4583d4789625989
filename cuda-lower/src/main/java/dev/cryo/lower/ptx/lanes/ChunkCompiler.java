package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.ir.Expr;
import dev.cryo.lower.ptx.ir.Instr;
import dev.cryo.lower.ptx.ir.Instr.Space;
import dev.cryo.lower.ptx.ir.Kind;
import dev.cryo.lower.ptx.ir.Prim;
import dev.cryo.lower.ptx.ir.PtxType;
import dev.cryo.lower.ptx.ir.Reg;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.ConvertInstruction;
import java.lang.classfile.instruction.OperatorInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Generates the loop of a chunk as a hidden class.
 *
 * <p>First come the operations on uniform registers, executed once; then a loop over the lanes in which values stay in
 * local variables, and only what is read later is stored into the arrays of its registers. A value that was computed as
 * a float and is read as an int (or the other way round) goes through the array: a move between register files would
 * keep HotSpot from vectorising the loop, a store and a load do not.
 */
final class ChunkCompiler {
    /** How a loop finds its lanes, and where loads find their addresses. */
    enum Form {
        /** Lanes from a list, addresses from registers. */
        LIST,
        /** A range of lanes, addresses from registers. */
        RANGE,
        /** A range of lanes whose addresses follow each other. */
        ROWS
    }

    private record Version(Reg reg, Kind kind) {
    }

    private static final ClassDesc CODE = Code.class.describeConstable().orElseThrow();
    private static final ClassDesc FRAME = Frame.class.describeConstable().orElseThrow();
    private static final ClassDesc RAW = Raw.class.describeConstable().orElseThrow();
    private static final ClassDesc UNSAFE = ClassDesc.of("sun.misc.Unsafe");
    private static final ClassDesc THIS = ClassDesc.of("dev.cryo.lower.ptx.lanes.GeneratedLoop");
    private static final ClassDesc INTS = ConstantDescs.CD_int.arrayType();
    private static final ClassDesc LONGS = ConstantDescs.CD_long.arrayType();
    private static final MethodTypeDesc RUN = MethodTypeDesc.of(ConstantDescs.CD_void, FRAME, INTS,
            ConstantDescs.CD_int, ConstantDescs.CD_int);
    private static final int FRAME_SLOT = 1;
    private static final int LIST_SLOT = 2;
    private static final int FROM_SLOT = 3;
    private static final int TO_SLOT = 4;

    private final Chunk chunk;
    private final Places places;
    private final Form form;
    private final CodeBuilder code;

    private final Map<Version, Integer> uniformLocals = new LinkedHashMap<>();
    private final List<Map<Version, Integer>> uniformsOf = new ArrayList<>();
    private final Map<Version, Integer> locals = new HashMap<>();
    private final Map<Reg, Kind> defined = new LinkedHashMap<>();
    private final Set<Reg> stored = new HashSet<>();
    private final Map<Reg, Integer> arrays = new HashMap<>();
    private final Map<String, Integer> bases = new HashMap<>();
    private int lane;
    private int intOffset;
    private int longOffset;

    private ChunkCompiler(Chunk chunk, Places places, Form form, CodeBuilder code) {
        this.chunk = chunk;
        this.places = places;
        this.form = form;
        this.code = code;
    }

    static byte[] generate(Chunk chunk, Places places, Form form) {
        return ClassFile.of().build(THIS, type -> type
                .withSuperclass(CODE)
                .withMethodBody(ConstantDescs.INIT_NAME, ConstantDescs.MTD_void, 0, body -> body
                        .aload(0)
                        .invokespecial(CODE, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void)
                        .return_())
                .withMethodBody("run", RUN, 0, body -> new ChunkCompiler(chunk, places, form, body).generate()));
    }

    static Code compile(Chunk chunk, Places places, Form form) {
        byte[] bytes = generate(chunk, places, form);
        try {
            MethodHandles.Lookup hidden = MethodHandles.lookup().defineHiddenClass(bytes, true);
            return (Code) hidden.lookupClass().getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a generated loop cannot be instantiated", e);
        }
    }

    private void generate() {
        prologue();
        if (chunk.operations().stream().anyMatch(this::varies)) {
            loadArrays();
            loop();
        }
        code.return_();
    }

    private boolean varies(Instr instr) {
        return instr instanceof Instr.Load load ? !chunk.uniform(load)
                : instr.definitions().stream().anyMatch(reg -> !chunk.uniform(reg));
    }

    // What is executed once

    private void prologue() {
        Map<Reg, Kind> results = new LinkedHashMap<>();
        for (Instr instr : chunk.operations()) {
            if (varies(instr)) {
                uniformsOf.add(captureUniforms(instr));
                continue;
            }
            uniformsOf.add(Map.of());
            switch (instr) {
                case Instr.Compute compute -> {
                    emit(compute.value(), this::readUniform);
                    define(compute.destination(), compute.value().kind(), results);
                }
                case Instr.Load load -> uniformLoad(load, results);
                default -> throw new IllegalStateException("not part of a chunk: " + instr);
            }
        }
        results.forEach(this::storeUniform);
    }

    private void define(Reg reg, Kind kind, Map<Reg, Kind> results) {
        int slot = code.allocateLocal(type(kind));
        code.storeLocal(type(kind), slot);
        uniformLocals.keySet().removeIf(version -> version.reg == reg);
        uniformLocals.put(new Version(reg, kind), slot);
        results.put(reg, kind);
    }

    private Map<Version, Integer> captureUniforms(Instr instr) {
        Map<Version, Integer> captured = new HashMap<>();
        if (instr instanceof Instr.Compute compute) {
            compute.value().reads(read -> {
                if (chunk.uniform(read.reg())) {
                    captured.put(new Version(read.reg(), read.kind()), uniformSlot(read));
                }
            });
        }
        return captured;
    }

    private int uniformSlot(Expr.Read read) {
        Version wanted = new Version(read.reg(), read.kind());
        Integer slot = uniformLocals.get(wanted);
        if (slot != null) {
            return slot;
        }
        Integer bits = uniformLocals.get(new Version(read.reg(), other(read.kind())));
        if (bits != null) {
            code.loadLocal(type(other(read.kind())), bits);
        } else {
            Place place = places.of(read.reg());
            code.aload(FRAME_SLOT);
            if (place.wide()) {
                code.getfield(FRAME, "uniformLongs", LONGS).loadConstant(place.index()).laload();
            } else {
                code.getfield(FRAME, "uniformInts", INTS).loadConstant(place.index()).iaload();
            }
        }
        Kind present = bits != null ? other(read.kind()) : read.reg().bitsKind();
        cast(present, read.kind());
        int fresh = code.allocateLocal(type(read.kind()));
        code.storeLocal(type(read.kind()), fresh);
        uniformLocals.put(wanted, fresh);
        return fresh;
    }

    private void readUniform(Expr.Read read) {
        // The slot is filled before it is loaded; both happen here, on an empty stack only for the first read.
        code.loadLocal(type(read.kind()), uniformSlot(read));
    }

    private static Kind other(Kind kind) {
        return switch (kind) {
            case I -> Kind.F;
            case F -> Kind.I;
            case L -> Kind.D;
            case D -> Kind.L;
        };
    }

    private void cast(Kind from, Kind to) {
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

    private void storeUniform(Reg reg, Kind kind) {
        Integer slot = uniformLocals.get(new Version(reg, kind));
        if (slot == null || !places.has(reg)) {
            return;
        }
        Place place = places.of(reg);
        code.aload(FRAME_SLOT);
        if (place.wide()) {
            code.getfield(FRAME, "uniformLongs", LONGS);
        } else {
            code.getfield(FRAME, "uniformInts", INTS);
        }
        code.loadConstant(place.index()).loadLocal(type(kind), slot);
        cast(kind, reg.bitsKind());
        if (place.wide()) {
            code.lastore();
        } else {
            code.iastore();
        }
    }

    private void uniformLoad(Instr.Load load, Map<Reg, Kind> results) {
        int base = base("accessBases", chunk.accessOf(load).index());
        for (int e = 0; e < load.destinations().size(); e++) {
            Reg reg = load.destinations().get(e);
            if (reg != null) {
                Kind kind = preferred(reg, load);
                loadFromMemory(load.type(), kind,
                        () -> code.lload(base), load.address().offset() + (long) e * load.type().bytes());
                define(reg, kind, results);
            }
        }
    }

    /** Element {@code index} of an array of the frame, in a local variable. */
    private int base(String field, int index) {
        return bases.computeIfAbsent(field + index, k -> {
            int slot = code.allocateLocal(TypeKind.LONG);
            code.aload(FRAME_SLOT).getfield(FRAME, field, LONGS).loadConstant(index).laload().lstore(slot);
            return slot;
        });
    }

    private int field(String name) {
        return bases.computeIfAbsent(name, k -> {
            int slot = code.allocateLocal(TypeKind.LONG);
            code.aload(FRAME_SLOT).getfield(FRAME, name, ConstantDescs.CD_long).lstore(slot);
            return slot;
        });
    }

    /** The kind in which a loaded register is read first, so that it is loaded as that. */
    private Kind preferred(Reg reg, Instr.Load load) {
        if (load.type().bits() < 32) {
            return Kind.I;
        }
        Kind[] first = {null};
        for (Instr instr : chunk.operations()) {
            if (instr instanceof Instr.Compute compute) {
                compute.value().reads(read -> {
                    if (read.reg() == reg && first[0] == null) {
                        first[0] = read.kind();
                    }
                });
            }
        }
        return first[0] == null ? reg.bitsKind() : first[0];
    }

    // The loop

    private void loadArrays() {
        for (Instr instr : chunk.operations()) {
            if (varies(instr)) {
                instr.uses(this::array);
                instr.definitions().forEach(this::array);
                if (instr instanceof Instr.Load load) {
                    prepare(chunk.accessOf(load));
                }
            }
        }
    }

    private void array(Reg reg) {
        if (chunk.uniform(reg) || !places.has(reg) || arrays.containsKey(reg)) {
            return;
        }
        Place place = places.of(reg);
        int slot = code.allocateLocal(TypeKind.REFERENCE);
        code.aload(FRAME_SLOT)
                .getfield(FRAME, place.wide() ? "longs" : "ints", place.wide() ? LONGS.arrayType() : INTS.arrayType())
                .loadConstant(place.index())
                .aaload()
                .astore(slot);
        arrays.put(reg, slot);
    }

    private void prepare(Access access) {
        if (access.space() == Space.LOCAL) {
            field("local");
            base("accessBases", access.index());
        } else if (chunk.uniform(access.base())) {
            base("accessBases", access.index());
        } else if (form == Form.ROWS) {
            base("rowBases", access.index());
        } else if (access.space() != Space.GLOBAL) {
            field(access.space() == Space.SHARED ? "shared" : "parameters");
        }
    }

    private void loop() {
        int index = code.allocateLocal(TypeKind.INT);
        lane = form == Form.LIST ? code.allocateLocal(TypeKind.INT) : index;
        intOffset = code.allocateLocal(TypeKind.LONG);
        longOffset = code.allocateLocal(TypeKind.LONG);
        Label top = code.newLabel();
        Label bottom = code.newLabel();
        code.iload(FROM_SLOT).istore(index).labelBinding(top).iload(index).iload(TO_SLOT).if_icmpge(bottom);
        if (form == Form.LIST) {
            unsafe();
            code.aload(LIST_SLOT);
            scaled(index, Raw.INTS, 4);
            code.invokevirtual(UNSAFE, "getInt", getter(ConstantDescs.CD_int, true)).istore(lane);
        }
        scaled(lane, Raw.INTS, 4);
        code.lstore(intOffset);
        scaled(lane, Raw.LONGS, 8);
        code.lstore(longOffset);
        body();
        code.iinc(index, 1).goto_(top).labelBinding(bottom);
    }

    private void scaled(int slot, long start, int size) {
        code.loadConstant(start).iload(slot).i2l().loadConstant((long) size).lmul().ladd();
    }

    private void unsafe() {
        code.getstatic(RAW, "UNSAFE", UNSAFE);
    }

    private void body() {
        for (int i = 0; i < chunk.operations().size(); i++) {
            Instr instr = chunk.operations().get(i);
            if (!varies(instr)) {
                continue;
            }
            Map<Version, Integer> uniforms = uniformsOf.get(i);
            switch (instr) {
                case Instr.Compute compute -> {
                    Expr value = compute.value();
                    value.reads(read -> fetch(read, uniforms));
                    emit(value, read -> readLane(read, uniforms));
                    defineLane(compute.destination(), value.kind());
                }
                case Instr.Load load -> laneLoad(load);
                default -> throw new IllegalStateException("not part of a chunk: " + instr);
            }
        }
        for (Map.Entry<Reg, Kind> result : defined.entrySet()) {
            if (chunk.liveAfter(result.getKey()) && !stored.contains(result.getKey())) {
                storeLane(result.getKey(), result.getValue());
            }
        }
    }

    /** Brings a register into a local variable, before the expression that reads it puts anything on the stack. */
    private void fetch(Expr.Read read, Map<Version, Integer> uniforms) {
        Version version = new Version(read.reg(), read.kind());
        if (uniforms.containsKey(version) || locals.containsKey(version)) {
            return;
        }
        Kind kind = defined.get(read.reg());
        if (kind != null && stored.add(read.reg())) {
            storeLane(read.reg(), kind);
        }
        unsafe();
        code.aload(arraySlot(read.reg())).lload(read.reg().wide() ? longOffset : intOffset);
        code.invokevirtual(UNSAFE, "get" + suffix(read.kind()), getter(desc(read.kind()), true));
        int slot = code.allocateLocal(type(read.kind()));
        code.storeLocal(type(read.kind()), slot);
        locals.put(version, slot);
    }

    private int arraySlot(Reg reg) {
        Integer slot = arrays.get(reg);
        if (slot == null) {
            throw new IllegalStateException("register " + reg + " has no array");
        }
        return slot;
    }

    private void readLane(Expr.Read read, Map<Version, Integer> uniforms) {
        Version version = new Version(read.reg(), read.kind());
        Integer slot = uniforms.get(version);
        if (slot == null) {
            slot = locals.get(version);
        }
        if (slot == null) {
            throw new IllegalStateException("register " + read.reg() + " was not fetched");
        }
        code.loadLocal(type(read.kind()), slot);
    }

    private void defineLane(Reg reg, Kind kind) {
        int slot = code.allocateLocal(type(kind));
        code.storeLocal(type(kind), slot);
        locals.keySet().removeIf(version -> version.reg == reg);
        locals.put(new Version(reg, kind), slot);
        defined.put(reg, kind);
        stored.remove(reg);
    }

    private void storeLane(Reg reg, Kind kind) {
        Integer slot = locals.get(new Version(reg, kind));
        if (slot == null) {
            throw new IllegalStateException("register " + reg + " has no value");
        }
        unsafe();
        code.aload(arraySlot(reg)).lload(reg.wide() ? longOffset : intOffset).loadLocal(type(kind), slot);
        code.invokevirtual(UNSAFE, "put" + suffix(kind), MethodTypeDesc.of(ConstantDescs.CD_void,
                ConstantDescs.CD_Object, ConstantDescs.CD_long, desc(kind)));
    }

    private void laneLoad(Instr.Load load) {
        Access access = chunk.accessOf(load);
        int address = code.allocateLocal(TypeKind.LONG);
        laneAddress(access);
        code.lstore(address);
        for (int e = 0; e < load.destinations().size(); e++) {
            Reg reg = load.destinations().get(e);
            if (reg != null) {
                Kind kind = preferred(reg, load);
                loadFromMemory(load.type(), kind,
                        () -> code.lload(address), load.address().offset() + (long) e * load.type().bytes());
                defineLane(reg, kind);
            }
        }
    }

    private void laneAddress(Access access) {
        Reg base = access.base();
        if (access.space() == Space.LOCAL) {
            code.lload(base("accessBases", access.index())).iload(lane).i2l()
                    .aload(FRAME_SLOT).getfield(FRAME, "localBytes", ConstantDescs.CD_int).i2l().lmul().ladd();
        } else if (base == null || chunk.uniform(base)) {
            code.lload(base("accessBases", access.index()));
        } else if (form == Form.ROWS) {
            code.lload(base("rowBases", access.index()));
            code.iload(lane).i2l().loadConstant((long) access.stride()).lmul().ladd();
        } else {
            Expr.Read read = new Expr.Read(base, base.bitsKind());
            fetch(read, Map.of());
            readLane(read, Map.of());
            if (!base.wide()) {
                code.i2l();
            }
            if (access.space() != Space.GLOBAL) {
                code.lload(field(access.space() == Space.SHARED ? "shared" : "parameters")).ladd();
            }
        }
    }

    private void loadFromMemory(PtxType type, Kind kind, Runnable address, long offset) {
        unsafe();
        address.run();
        if (offset != 0) {
            code.loadConstant(offset).ladd();
        }
        switch (type.bits()) {
            case 8 -> {
                code.invokevirtual(UNSAFE, "getByte", getter(ConstantDescs.CD_byte, false));
                if (!type.signed()) {
                    code.loadConstant(0xff).iand();
                }
            }
            case 16 -> {
                code.invokevirtual(UNSAFE, "getShort", getter(ConstantDescs.CD_short, false));
                if (!type.signed()) {
                    code.loadConstant(0xffff).iand();
                }
            }
            default -> code.invokevirtual(UNSAFE, "get" + suffix(kind), getter(desc(kind), false));
        }
    }

    // Expressions

    private void emit(Expr expr, Consumer<Expr.Read> reader) {
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

    private static MethodTypeDesc getter(ClassDesc result, boolean array) {
        return array ? MethodTypeDesc.of(result, ConstantDescs.CD_Object, ConstantDescs.CD_long)
                : MethodTypeDesc.of(result, ConstantDescs.CD_long);
    }

    private static final Map<Kind, ClassDesc> DESCRIPTORS = new EnumMap<>(Map.of(Kind.I, ConstantDescs.CD_int,
            Kind.L, ConstantDescs.CD_long, Kind.F, ConstantDescs.CD_float, Kind.D, ConstantDescs.CD_double));

    private static ClassDesc desc(Kind kind) {
        @Nullable ClassDesc desc = DESCRIPTORS.get(kind);
        if (desc == null) {
            throw new IllegalStateException("no descriptor for " + kind);
        }
        return desc;
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
