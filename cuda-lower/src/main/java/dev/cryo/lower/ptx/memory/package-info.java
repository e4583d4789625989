/**
 * Which addresses kernels may access.
 */
@NullMarked
package dev.cryo.lower.ptx.memory;

import org.jspecify.annotations.NullMarked;
