package dev.cryo.lower.ptx;

/**
 * A variable of a module in global or constant memory.
 *
 * @param offset from the base of the module's variables, in bytes
 */
public record GlobalInfo(String name, boolean constant, long offset, int bytes, int align) {
}
