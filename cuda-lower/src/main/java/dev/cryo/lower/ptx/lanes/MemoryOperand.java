package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.KernelFault;
import dev.cryo.lower.ptx.ir.Instr.Space;
import dev.cryo.lower.ptx.ir.KernelIr;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The address of an access: finds, for a row of lanes, where in memory it goes, and checks it. */
record MemoryOperand(Space space, @Nullable Place base, long offset, int bytes) {
    /** Fills {@link Frame#addresses} with checked addresses of this process. */
    long[] resolve(Frame frame, Step step, Lanes active) throws KernelFault {
        long[] row = frame.addresses();
        computeRow(frame, active, row);
        switch (space) {
            case GLOBAL -> checkGlobal(frame, step, active, row);
            case SHARED -> relocate(frame, step, active, row, frame.shared, frame.sharedBytes(), 0);
            case PARAM -> relocate(frame, step, active, row, frame.parameters, frame.program().parameterBytes(), 0);
            case LOCAL -> relocate(frame, step, active, row, frame.local, frame.localBytes, frame.localBytes);
            case GENERIC -> translate(frame, step, active, row);
        }
        return row;
    }

    /** 32-bit registers hold addresses of small spaces; a negative one plus an offset may be good. */
    private void computeRow(Frame frame, Lanes active, long[] row) {
        Place place = base;
        boolean range = active.isRange();
        int from = active.from();
        int to = active.to();
        int[] list = active.list();
        if (place == null || place.uniform()) {
            long value = offset + (place == null ? 0 : place.wide() ? frame.uniformLongs[place.index()]
                    : frame.uniformInts[place.index()]);
            for (int k = from; k < to; k++) {
                row[range ? k : list[k]] = value;
            }
        } else if (place.wide()) {
            long[] source = frame.longs[place.index()];
            if (range) {
                for (int i = from; i < to; i++) {
                    row[i] = source[i] + offset;
                }
            } else {
                for (int k = from; k < to; k++) {
                    row[list[k]] = source[list[k]] + offset;
                }
            }
        } else {
            int[] source = frame.ints[place.index()];
            if (range) {
                for (int i = from; i < to; i++) {
                    row[i] = source[i] + offset;
                }
            } else {
                for (int k = from; k < to; k++) {
                    row[list[k]] = source[list[k]] + offset;
                }
            }
        }
    }

    private void checkGlobal(Frame frame, Step step, Lanes active, long[] row) throws KernelFault {
        long low = Long.MAX_VALUE;
        long high = Long.MIN_VALUE;
        long bits = 0;
        if (active.isRange()) {
            for (int i = active.from(); i < active.to(); i++) {
                low = Math.min(low, row[i]);
                high = Math.max(high, row[i]);
                bits |= row[i];
            }
        } else {
            int[] list = active.list();
            for (int k = 0; k < active.count(); k++) {
                long address = row[list[k]];
                low = Math.min(low, address);
                high = Math.max(high, address);
                bits |= address;
            }
        }
        if ((bits & bytes - 1) != 0 || !frame.live(low, high + bytes)) {
            for (int k = 0; k < active.count(); k++) {
                checkOne(frame, step, active.lane(k), row[active.lane(k)]);
            }
        }
    }

    private void checkOne(Frame frame, Step step, int lane, long address) throws KernelFault {
        if ((address & bytes - 1) != 0) {
            throw frame.fault(KernelFault.Kind.MISALIGNED_ADDRESS, step, lane, address, null);
        }
        if (!frame.live(address, address + bytes)) {
            throw frame.fault(KernelFault.Kind.ILLEGAL_ADDRESS, step, lane, address, null);
        }
    }

    /** Checks addresses within a space of {@code size} bytes and moves them to where the space is. */
    private void relocate(Frame frame, Step step, Lanes active, long[] row, long start, long size, long perLane)
            throws KernelFault {
        boolean good = true;
        if (active.isRange()) {
            long bits = 0;
            long outside = 0;
            long last = size - bytes;
            for (int i = active.from(); i < active.to(); i++) {
                bits |= row[i];
                outside |= row[i] | (last - row[i]);
            }
            good = (bits & bytes - 1) == 0 && outside >= 0;
        }
        if (!good || !active.isRange()) {
            for (int k = 0; k < active.count(); k++) {
                checkWithin(frame, step, active.lane(k), row[active.lane(k)], size, row[active.lane(k)]);
            }
        }
        if (active.isRange()) {
            for (int i = active.from(); i < active.to(); i++) {
                row[i] += start + perLane * i;
            }
        } else {
            for (int k = 0; k < active.count(); k++) {
                int lane = active.list()[k];
                row[lane] += start + perLane * lane;
            }
        }
    }

    private void checkWithin(Frame frame, Step step, int lane, long address, long size, long shown)
            throws KernelFault {
        if ((address & bytes - 1) != 0) {
            throw frame.fault(KernelFault.Kind.MISALIGNED_ADDRESS, step, lane, shown, null);
        }
        if (address < 0 || address > size - bytes) {
            throw frame.fault(KernelFault.Kind.ILLEGAL_ADDRESS, step, lane, shown, describe(size));
        }
    }

    private String describe(long size) {
        return space == Space.GENERIC ? "outside the " + size + " bytes of its window"
                : "outside the " + size + " bytes of " + space.name().toLowerCase(Locale.ROOT) + " memory";
    }

    private void translate(Frame frame, Step step, Lanes active, long[] row) throws KernelFault {
        for (int k = 0; k < active.count(); k++) {
            int lane = active.lane(k);
            long address = row[lane];
            long window = address & -KernelIr.WINDOW_BYTES;
            long within = address - window;
            if (window == KernelIr.SHARED_WINDOW) {
                checkWithin(frame, step, lane, within, frame.sharedBytes(), address);
                row[lane] = frame.shared + within;
            } else if (window == KernelIr.LOCAL_WINDOW) {
                checkWithin(frame, step, lane, within, frame.localBytes, address);
                row[lane] = frame.local + (long) frame.localBytes * lane + within;
            } else if (window == KernelIr.PARAM_WINDOW) {
                checkWithin(frame, step, lane, within, frame.program().parameterBytes(), address);
                row[lane] = frame.parameters + within;
            } else {
                checkOne(frame, step, lane, address);
            }
        }
    }

    /** Whether the addresses of a range follow each other without gaps. */
    static boolean consecutive(long[] row, Lanes active, int bytes) {
        if (!active.isRange()) {
            return false;
        }
        int from = active.from();
        int to = active.to();
        long base = row[from] - (long) bytes * from;
        if (row[to - 1] != base + (long) bytes * (to - 1)) {
            return false;
        }
        long difference = 0;
        for (int i = from; i < to; i++) {
            difference |= row[i] ^ (base + (long) bytes * i);
        }
        return difference == 0;
    }
}
