/**
 * Unified memory by shadow pages. Not reached yet: managed memory is refused by name at the call.
 */
@NullMarked
package dev.cryo.uvm;

import org.jspecify.annotations.NullMarked;
