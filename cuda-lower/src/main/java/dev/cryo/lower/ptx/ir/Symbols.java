package dev.cryo.lower.ptx.ir;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the names of variables stand for inside one kernel. */
final class Symbols {
    private record Place(Instr.Space space, long offset) {
    }

    private final Map<String, Place> places = new HashMap<>();

    void put(String name, Instr.Space space, long offset) {
        places.put(name, new Place(space, offset));
    }

    Instr.@Nullable Space space(String name) {
        Place place = places.get(name);
        return place == null ? null : place.space;
    }

    long offset(String name) {
        Place place = places.get(name);
        return place == null ? 0 : place.offset;
    }

    /** The address within its space, as a 64-bit value; null for an unknown name. */
    @Nullable Expr address(String name, Operands operands) {
        Place place = places.get(name);
        if (place == null) {
            return null;
        }
        if (place.space == Instr.Space.GLOBAL) {
            return new Expr.Read(operands.address(name), Kind.L);
        }
        return new Expr.Const(Kind.L, place.offset);
    }
}
