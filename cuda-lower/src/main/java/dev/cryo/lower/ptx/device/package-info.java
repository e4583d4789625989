/**
 * The CUDA device on the processor: streams, events, memory, faults, captures; what executes the calls.
 *
 * <p>{@link dev.cryo.lower.ptx.device.PtxDevice} takes calls. Each becomes an operation of a graph whose edges are what
 * CUDA orders ({@code Timeline}); a {@code Scheduler} runs each operation as soon as those before it have ended.
 * Memory lies at the addresses that the upper half chose ({@code DeviceMemory}), page-locked memory and staging where
 * the upper half has them ({@code HostMemory}).
 *
 * <p>Guarantee: what CUDA orders happens in that order, and a device that is closed leaves nothing behind.
 */
@NullMarked
package dev.cryo.lower.ptx.device;

import org.jspecify.annotations.NullMarked;
