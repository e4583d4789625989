/**
 * Lower halves.
 */
@NullMarked
package dev.cryo.lower;

import org.jspecify.annotations.NullMarked;
