package dev.cryo.benchmarks.unified;

/**
 * Bodies in Java's arrays.
 *
 * @param position three axes, all bodies of each
 * @param velocity likewise
 */
record Universe(float[][] position, float[][] velocity, float[] mass) {
    /** What divides the square of a node's size gives the distance from which on it counts as one mass. */
    static final float OPENING2 = 0.25f;
    /** Added to the square of each distance. */
    static final float SOFTENING2 = 1e-3f;
    /** A step in time. */
    static final float TIME = 0x1p-6f;
    /** The deepest level of the tree, where the root is level 0; any number of bodies share a leaf there. */
    static final int DEEPEST = 16;

    Universe(int count) {
        this(new float[3][count], new float[3][count], new float[count]);
    }

    int count() {
        return mass.length;
    }
}
