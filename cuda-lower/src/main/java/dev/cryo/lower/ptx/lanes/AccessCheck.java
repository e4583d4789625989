package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.ir.Instr.Space;
import org.jspecify.annotations.Nullable;

/** Checks the addresses of all loads that share a base register, and finds out whether they follow each other. */
final class AccessCheck {
    /** Some address may be wrong. */
    static final int BAD = 0;
    /** All addresses are good. */
    static final int GATHER = 1;
    /** All addresses are good, and those of neighbouring lanes are neighbours, or all lanes share one address. */
    static final int ROWS = 2;

    private final Space space;
    private final @Nullable Place base;
    private final int index;
    private final long low;
    private final long end;
    private final long alignment;
    private final int stride;

    private AccessCheck(Access access, @Nullable Place base) {
        this.space = access.space();
        this.base = base;
        this.index = access.index();
        this.low = access.low();
        this.end = access.end();
        this.alignment = access.alignmentMask();
        this.stride = access.stride();
    }

    static AccessCheck of(Access access, Places places) {
        return new AccessCheck(access, places.ofNullable(access.base()));
    }

    Space space() {
        return space;
    }

    boolean varies() {
        return base != null && !base.uniform();
    }

    int check(Frame frame, Group group) {
        Place place = base;
        if (place == null || place.uniform()) {
            long value = place == null ? 0 : place.wide() ? frame.uniformLongs[place.index()]
                    : frame.uniformInts[place.index()];
            frame.accessBases[index] = start(frame) + value;
            return good(frame, value, value, value) ? ROWS : BAD;
        }
        return group.isRange() ? place.wide() ? checkLongs(frame, frame.longs[place.index()], group)
                : checkInts(frame, frame.ints[place.index()], group) : checkList(frame, place, group);
    }

    private long start(Frame frame) {
        return switch (space) {
            case GLOBAL, GENERIC -> 0;
            case SHARED -> frame.shared;
            case LOCAL -> frame.local;
            case PARAM -> frame.parameters;
        };
    }

    private boolean good(Frame frame, long lowest, long highest, long bits) {
        if (alignment < 0 || (bits & alignment) != 0) {
            return false;
        }
        return switch (space) {
            case GLOBAL, GENERIC -> frame.live(lowest + low, highest + end);
            case SHARED -> within(lowest, highest, frame.sharedBytes());
            case LOCAL -> within(lowest, highest, frame.localBytes);
            case PARAM -> within(lowest, highest, frame.program().parameterBytes());
        };
    }

    private boolean within(long lowest, long highest, long size) {
        return lowest + low >= 0 && highest + end <= size && highest <= size;
    }

    private int checkLongs(Frame frame, long[] row, Group group) {
        int from = group.from();
        int to = group.to();
        long first = row[from];
        long origin = first - (long) stride * from;
        if (row[to - 1] == origin + (long) stride * (to - 1)) {
            long difference = 0;
            for (int i = from; i < to; i++) {
                difference |= row[i] ^ (origin + (long) stride * i);
            }
            if (difference == 0) {
                frame.rowBases[index] = start(frame) + origin;
                return good(frame, first, row[to - 1], first | stride) ? ROWS : BAD;
            }
        }
        long lowest = Long.MAX_VALUE;
        long highest = Long.MIN_VALUE;
        long bits = 0;
        for (int i = from; i < to; i++) {
            lowest = Math.min(lowest, row[i]);
            highest = Math.max(highest, row[i]);
            bits |= row[i];
        }
        return good(frame, lowest, highest, bits) ? GATHER : BAD;
    }

    private int checkInts(Frame frame, int[] row, Group group) {
        int from = group.from();
        int to = group.to();
        int first = row[from];
        int origin = first - stride * from;
        if (first >= 0 && row[to - 1] == origin + stride * (to - 1)) {
            int difference = 0;
            for (int i = from; i < to; i++) {
                difference |= row[i] ^ (origin + stride * i);
            }
            if (difference == 0 && row[to - 1] >= 0) {
                frame.rowBases[index] = start(frame) + first - (long) stride * from;
                return good(frame, first, row[to - 1], first | stride) ? ROWS : BAD;
            }
        }
        int lowest = Integer.MAX_VALUE;
        int highest = Integer.MIN_VALUE;
        int bits = 0;
        for (int i = from; i < to; i++) {
            lowest = Math.min(lowest, row[i]);
            highest = Math.max(highest, row[i]);
            bits |= row[i];
        }
        return good(frame, lowest, highest, bits) ? GATHER : BAD;
    }

    private int checkList(Frame frame, Place place, Group group) {
        long lowest = Long.MAX_VALUE;
        long highest = Long.MIN_VALUE;
        long bits = 0;
        int[] list = group.list();
        for (int k = 0; k < group.count(); k++) {
            long value = place.wide() ? frame.longs[place.index()][list[k]] : frame.ints[place.index()][list[k]];
            lowest = Math.min(lowest, value);
            highest = Math.max(highest, value);
            bits |= value;
        }
        return good(frame, lowest, highest, bits) ? GATHER : BAD;
    }
}
