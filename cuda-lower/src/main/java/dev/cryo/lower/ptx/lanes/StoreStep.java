package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.KernelFault;
import dev.cryo.lower.ptx.ir.Instr;
import java.util.List;
import org.jspecify.annotations.Nullable;
import sun.misc.Unsafe;

/** Stores one row: checks all addresses, then copies or scatters in the order of the lanes. */
final class StoreStep extends Step {
    private static final Unsafe U = Raw.UNSAFE;

    private final @Nullable GuardPlace guard;
    private final MemoryOperand memory;
    private final int elementBytes;
    private final List<Place> sources;
    private final int next;

    StoreStep(Instr.Store store, @Nullable GuardPlace guard, MemoryOperand memory, List<Place> sources, int next) {
        super(store.line(), store.opcode());
        this.guard = guard;
        this.memory = memory;
        this.elementBytes = store.type().bytes();
        this.sources = sources;
        this.next = next;
    }

    @Override
    int run(Frame frame, Group group) throws KernelFault {
        Lanes active = frame.filter(guard, group);
        if (active.count() == 0) {
            return next;
        }
        long[] row = memory.resolve(frame, this, active);
        boolean consecutive = sources.size() == 1 && elementBytes >= 4
                && MemoryOperand.consecutive(row, active, elementBytes);
        for (int e = 0; e < sources.size(); e++) {
            element(frame, active, row, e, consecutive);
        }
        return next;
    }

    private void element(Frame frame, Lanes active, long[] row, int e, boolean consecutive) {
        Place place = sources.get(e);
        long offset = (long) e * elementBytes;
        int from = active.from();
        if (elementBytes == 8) {
            long[] source = frame.longRow(place, e, active);
            if (consecutive) {
                U.copyMemory(source, Raw.LONGS + 8L * from, null, row[from], 8L * active.count());
            } else {
                for (int k = 0; k < active.count(); k++) {
                    int lane = active.lane(k);
                    U.putLong(row[lane] + offset, source[lane]);
                }
            }
        } else if (place.wide()) {
            long[] source = frame.longRow(place, e, active);
            for (int k = 0; k < active.count(); k++) {
                int lane = active.lane(k);
                put(row[lane] + offset, (int) source[lane]);
            }
        } else {
            int[] source = frame.intRow(place, e, active);
            if (consecutive) {
                U.copyMemory(source, Raw.INTS + 4L * from, null, row[from], 4L * active.count());
            } else if (elementBytes == 4 && active.isRange()) {
                for (int i = from; i < active.to(); i++) {
                    U.putInt(row[i] + offset, source[i]);
                }
            } else {
                for (int k = 0; k < active.count(); k++) {
                    int lane = active.lane(k);
                    put(row[lane] + offset, source[lane]);
                }
            }
        }
    }

    private void put(long address, int value) {
        switch (elementBytes) {
            case 1 -> U.putByte(address, (byte) value);
            case 2 -> U.putShort(address, (short) value);
            default -> U.putInt(address, value);
        }
    }
}
