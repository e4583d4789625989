/**
 * Executes thread blocks in lanes: every register is an array over the threads of a block, every run of arithmetic one
 * generated loop.
 */
@NullMarked
package dev.cryo.lower.ptx.lanes;

import org.jspecify.annotations.NullMarked;
