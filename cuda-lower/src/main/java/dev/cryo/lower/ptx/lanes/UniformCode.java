package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.ir.Expr;
import dev.cryo.lower.ptx.ir.Instr;
import dev.cryo.lower.ptx.ir.Kind;
import dev.cryo.lower.ptx.ir.Reg;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Generates what a chunk does once for all lanes: the operations on uniform registers, and the reads of those uniform
 * registers that its loop needs, as they are at the operation that reads them.
 */
final class UniformCode {
    private final Chunk chunk;
    private final Places places;
    private final Emitter emitter;
    private final Map<Version, Integer> locals = new LinkedHashMap<>();
    private final Map<Instr, Map<Version, Integer>> readBy = new IdentityHashMap<>();
    private final Map<Reg, Kind> results = new LinkedHashMap<>();

    UniformCode(Chunk chunk, Places places, Emitter emitter) {
        this.chunk = chunk;
        this.places = places;
        this.emitter = emitter;
    }

    void generate() {
        for (Instr instr : chunk.operations()) {
            if (chunk.varies(instr)) {
                readBy.put(instr, readsOf(instr));
                continue;
            }
            switch (instr) {
                case Instr.Compute compute -> {
                    emitter.emit(compute.value(), this::read);
                    define(compute.destination(), compute.value().kind());
                }
                case Instr.Load load -> load(load);
                default -> throw new IllegalStateException("not part of a chunk: " + instr);
            }
        }
        results.forEach(this::store);
    }

    /** The local variables of the uniform registers that an operation of the loop reads. */
    Map<Version, Integer> readBy(Instr instr) {
        return readBy.getOrDefault(instr, Map.of());
    }

    private void define(Reg reg, Kind kind) {
        int slot = emitter.storeLocal(kind);
        locals.keySet().removeIf(version -> version.reg() == reg);
        locals.put(new Version(reg, kind), slot);
        results.put(reg, kind);
    }

    private Map<Version, Integer> readsOf(Instr instr) {
        Map<Version, Integer> reads = new HashMap<>();
        if (instr instanceof Instr.Compute compute) {
            compute.value().reads(read -> {
                if (chunk.uniform(read.reg())) {
                    reads.put(Version.of(read), slot(read));
                }
            });
        }
        return reads;
    }

    private void read(Expr.Read read) {
        emitter.loadLocal(read.kind(), slot(read));
    }

    private int slot(Expr.Read read) {
        Version wanted = Version.of(read);
        Integer slot = locals.get(wanted);
        if (slot != null) {
            return slot;
        }
        Kind otherKind = Emitter.other(read.kind());
        Integer bits = locals.get(new Version(read.reg(), otherKind));
        if (bits != null) {
            emitter.loadLocal(otherKind, bits);
            emitter.cast(otherKind, read.kind());
        } else {
            loadFromFrame(places.of(read.reg()));
            emitter.cast(read.reg().bitsKind(), read.kind());
        }
        int fresh = emitter.storeLocal(read.kind());
        locals.put(wanted, fresh);
        return fresh;
    }

    private void loadFromFrame(Place place) {
        array(place);
        emitter.code().loadConstant(place.index());
        if (place.wide()) {
            emitter.code().laload();
        } else {
            emitter.code().iaload();
        }
    }

    private void array(Place place) {
        if (place.wide()) {
            emitter.frameArray("uniformLongs", Emitter.LONGS);
        } else {
            emitter.frameArray("uniformInts", Emitter.INTS);
        }
    }

    private void store(Reg reg, Kind kind) {
        Integer slot = locals.get(new Version(reg, kind));
        if (slot == null || !places.has(reg)) {
            return;
        }
        Place place = places.of(reg);
        array(place);
        emitter.code().loadConstant(place.index());
        emitter.loadLocal(kind, slot);
        emitter.cast(kind, reg.bitsKind());
        if (place.wide()) {
            emitter.code().lastore();
        } else {
            emitter.code().iastore();
        }
    }

    private void load(Instr.Load load) {
        int base = emitter.frameElement("accessBases", chunk.accessOf(load).index());
        for (int e = 0; e < load.destinations().size(); e++) {
            Reg reg = load.destinations().get(e);
            if (reg != null) {
                Kind kind = chunk.loadedAs(reg, load);
                long offset = load.address().offset() + (long) e * load.type().bytes();
                emitter.getFromMemory(load.type(), kind, () -> emitter.code().lload(base), offset);
                define(reg, kind);
            }
        }
    }
}
