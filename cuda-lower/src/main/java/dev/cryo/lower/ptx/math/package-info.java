/**
 * The scalar semantics of PTX operations, one static method each, as the PTX ISA defines them.
 *
 * <p>Methods are found by name and work on the kinds that the machine computes with: 32-bit values in int (unsigned
 * ones too), 16-bit values zero-extended in int, predicates as a mask that is 0 or -1, half precision by its bits.
 */
@NullMarked
package dev.cryo.lower.ptx.math;

import org.jspecify.annotations.NullMarked;
