package dev.cryo.benchmarks.bench.measure;

/** An amount of device memory. */
public record Size(long mib) implements Comparable<Size> {
    /**
     * Reads a number of GiB, which may have a fraction.
     *
     * @throws IllegalArgumentException if it is none, or has no whole number of 16 MiB
     */
    public static Size ofGib(String gib) {
        double mib = Double.parseDouble(gib.strip()) * 1024;
        if (!(mib >= 16) || mib % 16 != 0 || mib > 1 << 20) {
            throw new IllegalArgumentException(gib + " GiB is no multiple of 16 MiB (0.015625 GiB)");
        }
        return new Size((long) mib);
    }

    public long bytes() {
        return mib << 20;
    }

    /** As it is part of a figure's name: 8g, 512m. */
    public String label() {
        return mib % 1024 == 0 ? mib / 1024 + "g" : mib + "m";
    }

    @Override
    public int compareTo(Size other) {
        return Long.compare(mib, other.mib);
    }
}
