package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.KernelFault;
import dev.cryo.lower.ptx.ir.Instr;
import dev.cryo.lower.ptx.ir.PtxType;
import java.util.List;
import org.jspecify.annotations.Nullable;
import sun.misc.Unsafe;

/** Loads one row: checks all addresses, then copies or gathers. */
final class LoadStep extends Step {
    private static final Unsafe U = Raw.UNSAFE;

    private final @Nullable GuardPlace guard;
    private final MemoryOperand memory;
    private final PtxType type;
    private final List<@Nullable Place> destinations;
    private final int next;

    LoadStep(Instr.Load load, @Nullable GuardPlace guard, MemoryOperand memory,
            List<@Nullable Place> destinations, int next) {
        super(load.line(), load.opcode());
        this.guard = guard;
        this.memory = memory;
        this.type = load.type();
        this.destinations = destinations;
        this.next = next;
    }

    @Override
    int run(Frame frame, Group group) throws KernelFault {
        Lanes active = frame.filter(guard, group);
        if (active.count() == 0) {
            return next;
        }
        long[] row = memory.resolve(frame, this, active);
        for (int e = 0; e < destinations.size(); e++) {
            Place place = destinations.get(e);
            if (place != null) {
                element(frame, active, row, place, (long) e * type.bytes());
            }
        }
        return next;
    }

    private void element(Frame frame, Lanes active, long[] row, Place place, long offset) {
        if (place.uniform()) {
            long address = row[active.first()] + offset;
            if (place.wide()) {
                frame.uniformLongs[place.index()] = U.getLong(address);
            } else {
                frame.uniformInts[place.index()] = narrow(address);
            }
            return;
        }
        boolean consecutive = type.bytes() >= 4 && MemoryOperand.consecutive(row, active, type.bytes());
        int from = active.from();
        int to = active.to();
        if (place.wide()) {
            long[] destination = frame.longs[place.index()];
            if (consecutive) {
                U.copyMemory(null, row[from] + offset, destination, Raw.LONGS + 8L * from, 8L * (to - from));
            } else {
                gather(active, row, destination, offset);
            }
        } else {
            int[] destination = frame.ints[place.index()];
            if (consecutive) {
                U.copyMemory(null, row[from] + offset, destination, Raw.INTS + 4L * from, 4L * (to - from));
            } else if (type.bytes() == 4) {
                gather(active, row, destination, offset);
            } else {
                for (int k = 0; k < active.count(); k++) {
                    int lane = active.lane(k);
                    destination[lane] = narrow(row[lane] + offset);
                }
            }
        }
    }

    private int narrow(long address) {
        return switch (type.bytes()) {
            case 1 -> type.signed() ? U.getByte(address) : U.getByte(address) & 0xff;
            case 2 -> type.signed() ? U.getShort(address) : U.getShort(address) & 0xffff;
            default -> U.getInt(address);
        };
    }

    private static void gather(Lanes active, long[] row, int[] destination, long offset) {
        if (active.isRange()) {
            for (int i = active.from(); i < active.to(); i++) {
                destination[i] = U.getInt(row[i] + offset);
            }
        } else {
            int[] list = active.list();
            for (int k = 0; k < active.count(); k++) {
                destination[list[k]] = U.getInt(row[list[k]] + offset);
            }
        }
    }

    private static void gather(Lanes active, long[] row, long[] destination, long offset) {
        if (active.isRange()) {
            for (int i = active.from(); i < active.to(); i++) {
                destination[i] = U.getLong(row[i] + offset);
            }
        } else {
            int[] list = active.list();
            for (int k = 0; k < active.count(); k++) {
                destination[list[k]] = U.getLong(row[list[k]] + offset);
            }
        }
    }
}
