/**
 * Upper half.
 */
@NullMarked
package dev.cryo.upper;

import org.jspecify.annotations.NullMarked;
