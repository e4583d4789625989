package dev.cryo.lower.ptx;

/** Extents of a grid or a block, or a position in one. */
public record Dim3(int x, int y, int z) {
    /** One dimension. */
    public Dim3(int x) {
        this(x, 1, 1);
    }

    /** Two dimensions. */
    public Dim3(int x, int y) {
        this(x, y, 1);
    }

    /** How many there are in all. */
    public long count() {
        return (long) x * y * z;
    }

    /** The position with this number, x running fastest. */
    public Dim3 at(long index) {
        return new Dim3((int) (index % x), (int) (index / x % y), (int) (index / ((long) x * y)));
    }

    @Override
    public String toString() {
        return "(" + x + "," + y + "," + z + ")";
    }
}
