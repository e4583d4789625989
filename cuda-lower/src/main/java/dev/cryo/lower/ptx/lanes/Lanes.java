package dev.cryo.lower.ptx.lanes;

/** A set of lanes in ascending order: a range, or a list when there are gaps. */
class Lanes {
    private int[] list;
    private boolean range;
    private int first;
    private int count;

    Lanes(int capacity) {
        list = new int[capacity];
    }

    final void setRange(int from, int to) {
        range = true;
        first = from;
        count = to - from;
    }

    final void copy(Lanes other) {
        range = other.range;
        first = other.first;
        count = other.count;
        if (!range) {
            System.arraycopy(other.list, 0, list, 0, count);
        }
    }

    final boolean isRange() {
        return range;
    }

    final int count() {
        return count;
    }

    /** The lane at a position, 0 to count - 1. */
    final int lane(int position) {
        return range ? first + position : list[position];
    }

    final int first() {
        return range ? first : list[0];
    }

    /** The first position of a loop over lanes: of the lanes themselves, or into the list. */
    final int from() {
        return range ? first : 0;
    }

    final int to() {
        return from() + count;
    }

    /** The list; meaningless for a range. */
    final int[] list() {
        return list;
    }

    final void clear() {
        range = false;
        count = 0;
    }

    /** Adds a lane above all others; {@link #settle} must follow. */
    final void append(int lane) {
        list[count++] = lane;
    }

    /** Recognises a list without gaps as a range. */
    final void settle() {
        if (!range && count > 0 && list[count - 1] - list[0] == count - 1) {
            range = true;
            first = list[0];
        }
    }

    /** Takes lanes out. */
    final void remove(Lanes gone) {
        int[] kept = new int[list.length];
        int n = 0;
        int g = 0;
        for (int k = 0; k < count; k++) {
            int lane = lane(k);
            if (g < gone.count && gone.lane(g) == lane) {
                g++;
            } else {
                kept[n++] = lane;
            }
        }
        list = kept;
        range = false;
        count = n;
        settle();
    }

    /** Adds the lanes of another set; both have none in common. */
    final void merge(Lanes other) {
        int[] merged = new int[list.length];
        int a = 0;
        int b = 0;
        int n = 0;
        while (a < count || b < other.count) {
            if (b == other.count || a < count && lane(a) < other.lane(b)) {
                merged[n++] = lane(a++);
            } else {
                merged[n++] = other.lane(b++);
            }
        }
        list = merged;
        range = false;
        count = n;
        settle();
    }
}
