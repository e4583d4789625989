package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.ir.Instr;
import dev.cryo.lower.ptx.ir.Reg;
import org.jspecify.annotations.Nullable;

/** Where every register of a kernel lives. */
final class Places {
    private final @Nullable Place[] places;

    Places(@Nullable Place[] places) {
        this.places = places;
    }

    /** The place of a register that outlives a step. */
    Place of(Reg register) {
        Place place = places[register.index()];
        if (place == null) {
            throw new IllegalStateException("register " + register + " has no place");
        }
        return place;
    }

    /** Whether this register has a place at all. */
    boolean has(Reg register) {
        return places[register.index()] != null;
    }

    @Nullable GuardPlace of(Instr.@Nullable Guard guard) {
        return guard == null ? null : new GuardPlace(of(guard.predicate()), guard.negated());
    }

    @Nullable Place ofNullable(@Nullable Reg register) {
        return register == null ? null : of(register);
    }
}
