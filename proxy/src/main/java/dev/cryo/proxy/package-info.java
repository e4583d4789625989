/**
 * Processes.
 */
@NullMarked
package dev.cryo.proxy;

import org.jspecify.annotations.NullMarked;
