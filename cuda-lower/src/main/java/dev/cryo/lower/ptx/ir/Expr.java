package dev.cryo.lower.ptx.ir;

import java.util.List;
import java.util.function.Consumer;

/** A value computed from registers and constants, without effects and without memory. */
public sealed interface Expr {
    /** The kind of the value. */
    Kind kind();

    /** The bits of a register, read as {@code kind} of the same width. */
    record Read(Reg reg, Kind kind) implements Expr {
    }

    /** A constant; floats and doubles by their bits. */
    record Const(Kind kind, long bits) implements Expr {
    }

    /** An operation on values. */
    record Apply(Prim prim, List<Expr> args) implements Expr {
        @Override
        public Kind kind() {
            return prim.result();
        }
    }

    /** Calls {@code visitor} with every read of a register, left to right. */
    default void reads(Consumer<Read> visitor) {
        switch (this) {
            case Read read -> visitor.accept(read);
            case Const c -> {
                return;
            }
            case Apply apply -> apply.args.forEach(arg -> arg.reads(visitor));
        }
    }

    /** Whether the value depends only on what it reads, not on time. */
    default boolean pure() {
        return switch (this) {
            case Read r -> true;
            case Const c -> true;
            case Apply apply -> apply.prim.pure() && apply.args.stream().allMatch(Expr::pure);
        };
    }

    /** Whether a loop of this expression over lanes can be turned into vector instructions. */
    default boolean vectorizes() {
        return switch (this) {
            case Read r -> true;
            case Const c -> true;
            case Apply apply -> apply.prim.vectorizes() && apply.args.stream().allMatch(Expr::vectorizes);
        };
    }

    /** The number of operations. */
    default int cost() {
        return switch (this) {
            case Read r -> 0;
            case Const c -> 0;
            case Apply apply -> apply.prim.cost() + apply.args.stream().mapToInt(Expr::cost).sum();
        };
    }
}
