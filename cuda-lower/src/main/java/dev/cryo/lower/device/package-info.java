/**
 * What every device needs: how a call is refused, which slabs of memory are in use, the device's clock, the shape of a
 * copy.
 *
 * <pre>{@code
 * if (!box.fits(call.source())) {
 *     throw new RefusedException(CudaResult.INVALID_VALUE, call + " has no possible size");
 * }
 * }</pre>
 */
@NullMarked
package dev.cryo.lower.device;

import org.jspecify.annotations.NullMarked;
