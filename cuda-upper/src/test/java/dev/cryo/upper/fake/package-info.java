/** A lower half for tests: it records calls, moves bytes, and runs no kernels. */
@NullMarked
package dev.cryo.upper.fake;

import org.jspecify.annotations.NullMarked;
