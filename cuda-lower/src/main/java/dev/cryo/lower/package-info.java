/**
 * Lower halves, and {@link dev.cryo.lower.LowerHalfSession}, which takes one through checkpoints and restarts:
 *
 * <pre>{@code
 * try (PtxDevice device = new PtxDevice(); LowerHalfSession session = new LowerHalfSession(device, attacher)) {
 *     while (...) {
 *         ControlFrames.write(supervisor, session.handle(ControlFrames.read(supervisor)));
 *     }
 * }
 * }</pre>
 *
 * <p>The devices are {@link dev.cryo.lower.ptx.device.PtxDevice}, which runs on the processor, and {@link
 * dev.cryo.lower.nvidia.NvidiaDevice}, over the driver of a GPU.
 */
@NullMarked
package dev.cryo.lower;

import org.jspecify.annotations.NullMarked;
