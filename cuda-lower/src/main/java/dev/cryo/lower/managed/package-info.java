/**
 * Unified memory over any device: {@link dev.cryo.lower.managed.ManagedLowerHalf} stands before a {@link
 * dev.cryo.lower.managed.UnifiedDevice} in the proxy and hands what may touch unified memory to {@link
 * dev.cryo.uvm.device.ManagedMemory}, which keeps the application's shadow pages in step.
 *
 * <p>To the device unified memory is ordinary memory at the application's address. In the application's own process
 * nothing has to be kept in step, and the device is used as it is.
 */
@NullMarked
package dev.cryo.lower.managed;

import org.jspecify.annotations.NullMarked;
