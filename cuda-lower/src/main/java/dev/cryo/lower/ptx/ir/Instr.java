package dev.cryo.lower.ptx.ir;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A typed instruction. {@link Compute} is all that only computes; everything else touches memory, lanes or control. */
public sealed interface Instr {
    /** The line of the text, counted from 1. */
    int line();

    /** The opcode as written. */
    String opcode();

    /** The condition under which a lane executes this, or null. */
    default @Nullable Guard guard() {
        return null;
    }

    /** Memory state spaces. Constant memory lies in global memory. */
    enum Space { GLOBAL, SHARED, LOCAL, PARAM, GENERIC }

    /** The condition of an instruction. */
    record Guard(Reg predicate, boolean negated) {
    }

    /** An address: a register of 32 or 64 bits (or none) plus an offset. */
    record Address(@Nullable Reg base, long offset) {
    }

    /** {@code destination := value}. A guard is already part of the value. */
    record Compute(int line, String opcode, Reg destination, Expr value) implements Instr {
    }

    /**
     * Reads memory into registers; an element without a destination is null.
     *
     * @param strong volatile, relaxed or acquire: other threads' stores are seen in time
     * @param constant nothing writes there while the kernel runs
     */
    record Load(int line, String opcode, @Nullable Guard guard, Space space, PtxType type, boolean strong,
            boolean constant, List<@Nullable Reg> destinations, Address address) implements Instr {
        /** Bytes of one access. */
        public int bytes() {
            return type.bytes() * destinations.size();
        }
    }

    /** Writes registers to memory. */
    record Store(int line, String opcode, @Nullable Guard guard, Space space, PtxType type, boolean strong,
            List<Reg> sources, Address address) implements Instr {
        /** Bytes of one access. */
        public int bytes() {
            return type.bytes() * sources.size();
        }
    }

    /** Operations of atomics and of reductions over a barrier. */
    enum AtomicOp { ADD, MIN, MAX, AND, OR, XOR, EXCH, CAS, INC, DEC }

    /** Reads, modifies and writes memory; {@code compare} is there for CAS only. */
    record Atomic(int line, String opcode, @Nullable Guard guard, Space space, AtomicOp op, PtxType type,
            @Nullable Reg destination, Address address, @Nullable Reg compare, Reg value) implements Instr {
    }

    /** How a shuffle finds its source lane. */
    enum ShuffleMode { UP, DOWN, BFLY, IDX }

    /** Reads a register of another lane of the warp; without {@code members} all active lanes take part. */
    record Shuffle(int line, String opcode, @Nullable Guard guard, ShuffleMode mode, Reg destination,
            @Nullable Reg inRange, Reg value, Reg lane, Reg clamp, @Nullable Reg members) implements Instr {
    }

    /** What a vote computes. */
    enum VoteMode { ALL, ANY, UNI, BALLOT }

    /** Combines a predicate over the warp. */
    record Vote(int line, String opcode, @Nullable Guard guard, VoteMode mode, Reg destination, Reg predicate,
            @Nullable Reg members) implements Instr {
    }

    /** Finds the lanes of the warp that hold the same value. */
    record Match(int line, String opcode, @Nullable Guard guard, boolean all, Reg destination, @Nullable Reg allEqual,
            Reg value, Reg members) implements Instr {
    }

    /** Chooses one lane of the warp. */
    record Elect(int line, String opcode, @Nullable Guard guard, @Nullable Reg destination, Reg elected, Reg members)
            implements Instr {
    }

    /** Combines an integer over the warp. */
    record Redux(int line, String opcode, @Nullable Guard guard, AtomicOp op, boolean signed, Reg destination,
            Reg value, Reg members) implements Instr {
    }

    /** What a barrier does besides waiting. */
    enum BarrierMode { SYNC, ARRIVE, AND, OR, POPC }

    /** A barrier of the block; {@code threads} limits who takes part. */
    record Barrier(int line, String opcode, @Nullable Guard guard, BarrierMode mode, Reg id, @Nullable Reg threads,
            @Nullable Reg destination, @Nullable Reg predicate) implements Instr {
    }

    /** Waits for lanes of the warp. */
    record WarpBarrier(int line, String opcode, @Nullable Guard guard, Reg members) implements Instr {
    }

    /** Goes to the instruction with index {@code target}. */
    record Branch(int line, String opcode, @Nullable Guard guard, int target) implements Instr {
    }

    /** Ends the thread. */
    record Exit(int line, String opcode, @Nullable Guard guard) implements Instr {
    }

    /** Ends the kernel with an error. */
    record Trap(int line, String opcode, @Nullable Guard guard) implements Instr {
    }

    /** Calls {@code visitor} with every register that this instruction reads. */
    default void uses(Consumer<Reg> visitor) {
        Guard guard = guard();
        if (guard != null) {
            visitor.accept(guard.predicate());
        }
        switch (this) {
            case Compute i -> i.value.reads(read -> visitor.accept(read.reg()));
            case Load i -> accept(visitor, i.address.base());
            case Store i -> {
                accept(visitor, i.address.base());
                i.sources.forEach(visitor);
            }
            case Atomic i -> accept(visitor, i.address.base(), i.compare, i.value);
            case Shuffle i -> accept(visitor, i.value, i.lane, i.clamp, i.members);
            case Vote i -> accept(visitor, i.predicate, i.members);
            case Match i -> accept(visitor, i.value, i.members);
            case Elect i -> accept(visitor, i.members);
            case Redux i -> accept(visitor, i.value, i.members);
            case Barrier i -> accept(visitor, i.id, i.threads, i.predicate);
            case WarpBarrier i -> accept(visitor, i.members);
            case Branch i -> accept(visitor);
            case Exit i -> accept(visitor);
            case Trap i -> accept(visitor);
        }
    }

    private static void accept(Consumer<Reg> visitor, @Nullable Reg... registers) {
        for (Reg register : registers) {
            if (register != null) {
                visitor.accept(register);
            }
        }
    }

    /** The registers that this instruction writes. Under a guard lanes may keep the old value. */
    default List<Reg> definitions() {
        return switch (this) {
            case Compute i -> List.of(i.destination);
            case Load i -> present(i.destinations);
            case Atomic i -> i.destination == null ? List.of() : List.of(i.destination);
            case Shuffle i -> i.inRange == null ? List.of(i.destination) : List.of(i.destination, i.inRange);
            case Vote i -> List.of(i.destination);
            case Match i -> i.allEqual == null ? List.of(i.destination) : List.of(i.destination, i.allEqual);
            case Elect i -> i.destination == null ? List.of(i.elected) : List.of(i.destination, i.elected);
            case Redux i -> List.of(i.destination);
            case Barrier i -> i.destination == null ? List.of() : List.of(i.destination);
            case Store i -> List.of();
            case WarpBarrier i -> List.of();
            case Branch i -> List.of();
            case Exit i -> List.of();
            case Trap i -> List.of();
        };
    }

    private static List<Reg> present(List<@Nullable Reg> registers) {
        List<Reg> present = new ArrayList<>();
        for (Reg register : registers) {
            if (register != null) {
                present.add(register);
            }
        }
        return present;
    }
}
