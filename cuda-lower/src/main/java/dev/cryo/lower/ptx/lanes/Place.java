package dev.cryo.lower.ptx.lanes;

/**
 * Where the value of a register lives: in an array over the lanes, or once for all of them.
 *
 * @param index of the array among those of its width, or of the scalar among those of its width
 */
record Place(boolean uniform, boolean wide, int index) {
}
