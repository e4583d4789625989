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
 * <p>The one device there is is {@link dev.cryo.lower.ptx.device.PtxDevice}, which runs on the processor.
 */
@NullMarked
package dev.cryo.lower;

import org.jspecify.annotations.NullMarked;
