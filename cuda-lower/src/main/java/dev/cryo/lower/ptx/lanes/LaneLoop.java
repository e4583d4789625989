package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.ir.Expr;
import dev.cryo.lower.ptx.ir.Instr;
import dev.cryo.lower.ptx.ir.Instr.Space;
import dev.cryo.lower.ptx.ir.Kind;
import dev.cryo.lower.ptx.ir.Reg;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Generates the loop of a chunk over its lanes, in which values stay in local variables, and only what is read later is
 * stored into the arrays of its registers.
 *
 * <p>A value that was computed as a float and is read as an int (or the other way round) goes through the array: a move
 * between register files would keep HotSpot from vectorising the loop, a store and a load do not.
 */
final class LaneLoop {
    private static final int LIST_SLOT = 2;
    private static final int FROM_SLOT = 3;
    private static final int TO_SLOT = 4;

    private final Chunk chunk;
    private final Places places;
    private final ChunkCompiler.Form form;
    private final UniformCode uniforms;
    private final Emitter emitter;
    private final CodeBuilder code;

    private final Map<Reg, Integer> arrays = new HashMap<>();
    private final Map<Version, Integer> locals = new HashMap<>();
    private final Map<Reg, Kind> defined = new LinkedHashMap<>();
    private final Set<Reg> stored = new HashSet<>();
    private int lane;
    private int intOffset;
    private int longOffset;

    LaneLoop(Chunk chunk, Places places, ChunkCompiler.Form form, UniformCode uniforms, Emitter emitter) {
        this.chunk = chunk;
        this.places = places;
        this.form = form;
        this.uniforms = uniforms;
        this.emitter = emitter;
        this.code = emitter.code();
    }

    void generate() {
        loadArrays();
        int index = code.allocateLocal(TypeKind.INT);
        lane = form == ChunkCompiler.Form.LIST ? code.allocateLocal(TypeKind.INT) : index;
        intOffset = code.allocateLocal(TypeKind.LONG);
        longOffset = code.allocateLocal(TypeKind.LONG);
        Label top = code.newLabel();
        Label bottom = code.newLabel();
        code.iload(FROM_SLOT).istore(index).labelBinding(top).iload(index).iload(TO_SLOT).if_icmpge(bottom);
        if (form == ChunkCompiler.Form.LIST) {
            emitter.unsafe();
            code.aload(LIST_SLOT);
            scaled(index, Raw.INTS, Integer.BYTES);
            emitter.getFromArray(Kind.I);
            code.istore(lane);
        }
        scaled(lane, Raw.INTS, Integer.BYTES);
        code.lstore(intOffset);
        scaled(lane, Raw.LONGS, Long.BYTES);
        code.lstore(longOffset);
        body();
        code.iinc(index, 1).goto_(top).labelBinding(bottom);
    }

    private void scaled(int slot, long start, int size) {
        code.loadConstant(start).iload(slot).i2l().loadConstant((long) size).lmul().ladd();
    }

    private void body() {
        for (Instr instr : chunk.operations()) {
            if (!chunk.varies(instr)) {
                continue;
            }
            switch (instr) {
                case Instr.Compute compute -> compute(compute);
                case Instr.Load load -> load(load);
                default -> throw new IllegalStateException("not part of a chunk: " + instr);
            }
        }
        for (Map.Entry<Reg, Kind> result : defined.entrySet()) {
            if (chunk.liveAfter(result.getKey()) && !stored.contains(result.getKey())) {
                store(result.getKey(), result.getValue());
            }
        }
    }

    private void compute(Instr.Compute compute) {
        Expr value = compute.value();
        Map<Version, Integer> uniform = uniforms.readBy(compute);
        value.reads(read -> fetch(read, uniform));
        emitter.emit(value, read -> read(read, uniform));
        define(compute.destination(), value.kind());
    }

    // What is made ready before the loop

    private void loadArrays() {
        for (Instr instr : chunk.operations()) {
            if (chunk.varies(instr)) {
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
        if (place.wide()) {
            emitter.frameArray("longs", Emitter.LONGS.arrayType());
        } else {
            emitter.frameArray("ints", Emitter.INTS.arrayType());
        }
        int slot = code.allocateLocal(TypeKind.REFERENCE);
        code.loadConstant(place.index()).aaload().astore(slot);
        arrays.put(reg, slot);
    }

    /** Has the values of the frame that an address is made of read before the loop. */
    private void prepare(Access access) {
        if (access.space() == Space.LOCAL) {
            emitter.frameLong("local");
            emitter.frameElement("accessBases", access.index());
        } else if (chunk.uniform(access.base())) {
            emitter.frameElement("accessBases", access.index());
        } else if (form == ChunkCompiler.Form.ROWS) {
            emitter.frameElement("rowBases", access.index());
        } else if (access.space() != Space.GLOBAL) {
            emitter.frameLong(window(access));
        }
    }

    private static String window(Access access) {
        return access.space() == Space.SHARED ? "shared" : "parameters";
    }

    // Registers

    /** Brings a register into a local variable, before the expression that reads it puts anything on the stack. */
    private void fetch(Expr.Read read, Map<Version, Integer> uniform) {
        Version version = Version.of(read);
        if (uniform.containsKey(version) || locals.containsKey(version)) {
            return;
        }
        Kind kind = defined.get(read.reg());
        if (kind != null && stored.add(read.reg())) {
            store(read.reg(), kind);
        }
        element(read.reg());
        emitter.getFromArray(read.kind());
        locals.put(version, emitter.storeLocal(read.kind()));
    }

    /** Puts what names a register's value of this lane on the stack. */
    private void element(Reg reg) {
        Integer array = arrays.get(reg);
        if (array == null) {
            throw new IllegalStateException("register " + reg + " has no array");
        }
        emitter.unsafe();
        code.aload(array).lload(reg.wide() ? longOffset : intOffset);
    }

    private void read(Expr.Read read, Map<Version, Integer> uniform) {
        Version version = Version.of(read);
        Integer slot = uniform.getOrDefault(version, locals.get(version));
        if (slot == null) {
            throw new IllegalStateException("register " + read.reg() + " was not fetched");
        }
        emitter.loadLocal(read.kind(), slot);
    }

    private void define(Reg reg, Kind kind) {
        int slot = emitter.storeLocal(kind);
        locals.keySet().removeIf(version -> version.reg() == reg);
        locals.put(new Version(reg, kind), slot);
        defined.put(reg, kind);
        stored.remove(reg);
    }

    private void store(Reg reg, Kind kind) {
        Integer slot = locals.get(new Version(reg, kind));
        if (slot == null) {
            throw new IllegalStateException("register " + reg + " has no value");
        }
        element(reg);
        emitter.loadLocal(kind, slot);
        emitter.putIntoArray(kind);
    }

    // Memory

    private void load(Instr.Load load) {
        address(chunk.accessOf(load));
        int address = emitter.storeLocal(Kind.L);
        for (int e = 0; e < load.destinations().size(); e++) {
            Reg reg = load.destinations().get(e);
            if (reg != null) {
                Kind kind = chunk.loadedAs(reg, load);
                long offset = load.address().offset() + (long) e * load.type().bytes();
                emitter.getFromMemory(load.type(), kind, () -> code.lload(address), offset);
                define(reg, kind);
            }
        }
    }

    /** Puts a lane's address on the stack, without the offset of a load. */
    private void address(Access access) {
        Reg base = access.base();
        if (access.space() == Space.LOCAL) {
            code.lload(emitter.frameElement("accessBases", access.index())).iload(lane).i2l();
            emitter.frameInt("localBytes");
            code.i2l().lmul().ladd();
        } else if (base == null || chunk.uniform(base)) {
            code.lload(emitter.frameElement("accessBases", access.index()));
        } else if (form == ChunkCompiler.Form.ROWS) {
            code.lload(emitter.frameElement("rowBases", access.index()));
            code.iload(lane).i2l().loadConstant((long) access.stride()).lmul().ladd();
        } else {
            Expr.Read read = new Expr.Read(base, base.bitsKind());
            fetch(read, Map.of());
            read(read, Map.of());
            if (!base.wide()) {
                code.i2l();
            }
            if (access.space() != Space.GLOBAL) {
                code.lload(emitter.frameLong(window(access))).ladd();
            }
        }
    }
}
