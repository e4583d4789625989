/**
 * The typed form of a kernel: registers, expressions over machine kinds, memory and synchronisation instructions.
 */
@NullMarked
package dev.cryo.lower.ptx.ir;

import org.jspecify.annotations.NullMarked;
