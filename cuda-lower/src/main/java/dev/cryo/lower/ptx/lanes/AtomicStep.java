package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.KernelFault;
import dev.cryo.lower.ptx.ir.Instr;
import dev.cryo.lower.ptx.ir.Instr.AtomicOp;
import dev.cryo.lower.ptx.ir.PtxType;
import dev.cryo.lower.ptx.math.HalfMath;
import org.jspecify.annotations.Nullable;
import sun.misc.Unsafe;

/** Reads, modifies and writes memory lane by lane, atomically towards other blocks and the host. */
final class AtomicStep extends Step {
    private static final Unsafe U = Raw.UNSAFE;

    private final @Nullable GuardPlace guard;
    private final MemoryOperand memory;
    private final AtomicOp op;
    private final PtxType type;
    private final @Nullable Place destination;
    private final @Nullable Place compare;
    private final Place value;
    private final int next;

    AtomicStep(Instr.Atomic atomic, @Nullable GuardPlace guard, MemoryOperand memory, @Nullable Place destination,
            @Nullable Place compare, Place value, int next) {
        super(atomic.line(), atomic.opcode());
        this.guard = guard;
        this.memory = memory;
        this.op = atomic.op();
        this.type = atomic.type();
        this.destination = destination;
        this.compare = compare;
        this.value = value;
        this.next = next;
    }

    @Override
    int run(Frame frame, Group group) throws KernelFault {
        Lanes active = frame.filter(guard, group);
        if (active.count() == 0) {
            return next;
        }
        long[] row = memory.resolve(frame, this, active);
        if (type.bits() == 64) {
            wide(frame, active, row);
        } else {
            narrow(frame, active, row);
        }
        return next;
    }

    private void wide(Frame frame, Lanes active, long[] row) {
        long[] operands = frame.longRow(value, 0, active);
        long[] compares = compare == null ? operands : frame.longRow(compare, 1, active);
        long[] old = destination == null ? frame.scratchLongRow()
                : frame.longs[destination.index()];
        for (int k = 0; k < active.count(); k++) {
            int lane = active.lane(k);
            old[lane] = wide(row[lane], operands[lane], compares[lane]);
        }
    }

    private long wide(long address, long operand, long comparand) {
        if (op == AtomicOp.ADD && type != PtxType.F64) {
            return U.getAndAddLong(null, address, operand);
        }
        if (op == AtomicOp.EXCH) {
            return U.getAndSetLong(null, address, operand);
        }
        while (true) {
            long old = U.getLongVolatile(null, address);
            long changed = switch (op) {
                case ADD -> Double.doubleToRawLongBits(Double.longBitsToDouble(old) + Double.longBitsToDouble(operand));
                case MIN -> type.signed() ? Math.min(old, operand)
                        : Long.compareUnsigned(old, operand) < 0 ? old : operand;
                case MAX -> type.signed() ? Math.max(old, operand)
                        : Long.compareUnsigned(old, operand) > 0 ? old : operand;
                case AND -> old & operand;
                case OR -> old | operand;
                case XOR -> old ^ operand;
                case CAS -> old == comparand ? operand : old;
                case EXCH, INC, DEC -> operand;
            };
            if (op == AtomicOp.CAS && old != comparand || U.compareAndSwapLong(null, address, old, changed)) {
                return old;
            }
        }
    }

    private void narrow(Frame frame, Lanes active, long[] row) {
        int[] operands = frame.intRow(value, 0, active);
        int[] compares = compare == null ? operands : frame.intRow(compare, 1, active);
        int[] old = destination == null ? frame.scratchRow() : frame.ints[destination.index()];
        for (int k = 0; k < active.count(); k++) {
            int lane = active.lane(k);
            old[lane] = type.bits() == 16 ? half(row[lane], operands[lane], compares[lane])
                    : narrow(row[lane], operands[lane], compares[lane]);
        }
    }

    private int narrow(long address, int operand, int comparand) {
        if (op == AtomicOp.ADD && !type.floating()) {
            return U.getAndAddInt(null, address, operand);
        }
        if (op == AtomicOp.EXCH) {
            return U.getAndSetInt(null, address, operand);
        }
        while (true) {
            int old = U.getIntVolatile(null, address);
            if (op == AtomicOp.CAS && old != comparand
                    || U.compareAndSwapInt(null, address, old, changed(old, operand))) {
                return old;
            }
        }
    }

    private int changed(int old, int operand) {
        return switch (op) {
            case ADD -> type == PtxType.F16X2 ? HalfMath.hadd2(old, operand)
                    : Float.floatToRawIntBits(Float.intBitsToFloat(old) + Float.intBitsToFloat(operand));
            case MIN -> type.signed() ? Math.min(old, operand)
                    : Integer.compareUnsigned(old, operand) < 0 ? old : operand;
            case MAX -> type.signed() ? Math.max(old, operand)
                    : Integer.compareUnsigned(old, operand) > 0 ? old : operand;
            case AND -> old & operand;
            case OR -> old | operand;
            case XOR -> old ^ operand;
            case INC -> Integer.compareUnsigned(old, operand) >= 0 ? 0 : old + 1;
            case DEC -> old == 0 || Integer.compareUnsigned(old, operand) > 0 ? operand : old - 1;
            case CAS, EXCH -> operand;
        };
    }

    /** 16-bit operations work on the word that holds the value. */
    private int half(long address, int operand, int comparand) {
        long word = address & -4L;
        int shift = (int) (address & 2) * 8;
        while (true) {
            int whole = U.getIntVolatile(null, word);
            int old = whole >>> shift & 0xffff;
            if (op == AtomicOp.CAS && old != (comparand & 0xffff)) {
                return old;
            }
            int changed = op == AtomicOp.ADD ? HalfMath.hadd(old, operand & 0xffff) : operand & 0xffff;
            int replaced = whole & ~(0xffff << shift) | changed << shift;
            if (U.compareAndSwapInt(null, word, whole, replaced)) {
                return old;
            }
        }
    }
}
