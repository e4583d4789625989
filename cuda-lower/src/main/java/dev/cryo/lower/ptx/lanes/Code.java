package dev.cryo.lower.ptx.lanes;

/** A generated loop over lanes. Implementations are hidden classes made by {@link ChunkCompiler}. */
abstract class Code {
    /**
     * Executes the loop.
     *
     * @param lanes the lanes, when this is code for lists; unused for ranges
     * @param from the first lane or position in the list
     */
    abstract void run(Frame frame, int[] lanes, int from, int to);
}
