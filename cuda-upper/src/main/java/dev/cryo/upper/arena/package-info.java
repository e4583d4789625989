/**
 * Addresses chosen by the upper half.
 *
 * <p>An {@link dev.cryo.upper.arena.Arena} hands out addresses of a window of the address space that lies where it
 * lies:
 * it knows nothing of the memory behind them. What it hands out stays true over any lower half.
 */
@NullMarked
package dev.cryo.upper.arena;

import org.jspecify.annotations.NullMarked;
