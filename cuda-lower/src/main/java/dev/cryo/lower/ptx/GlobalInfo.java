package dev.cryo.lower.ptx;

/**
 * A variable of a module in global or constant memory.
 *
 * @param managed whether it lies with the managed variables
 * @param offset from the base of the module's variables, or of its managed ones, in bytes
 */
public record GlobalInfo(String name, boolean constant, boolean managed, long offset, int bytes, int align) {
}
