/**
 * Turns PTX text into syntax: tokens, directives, instructions with operands. Knows the grammar, not the meaning.
 */
@NullMarked
package dev.cryo.lower.ptx.parse;

import org.jspecify.annotations.NullMarked;
