/**
 * What is known about a kernel before it runs: control flow graph, block order, uniform registers, liveness.
 */
@NullMarked
package dev.cryo.lower.ptx.flow;

import org.jspecify.annotations.NullMarked;
