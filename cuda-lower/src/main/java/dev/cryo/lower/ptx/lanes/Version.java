package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.ir.Expr;
import dev.cryo.lower.ptx.ir.Kind;
import dev.cryo.lower.ptx.ir.Reg;

/** A register as a value of a kind: the same bits can be in a local variable as an int and in another as a float. */
record Version(Reg reg, Kind kind) {
    static Version of(Expr.Read read) {
        return new Version(read.reg(), read.kind());
    }
}
