/**
 * CUDA as the application sees it, independent of any binding: contexts and their threads, handles, memory, copies,
 * launches, errors.
 *
 * <p>{@link dev.cryo.upper.cuda.Cuda} is the root. Each part validates what CUDA validates synchronously, chooses ids
 * and
 * addresses, and puts a {@link dev.cryo.streamlog.call.Call} on the {@link
 * dev.cryo.streamlog.call.CallChannel}. Errors are
 * {@link dev.cryo.upper.cuda.CudaError}s, which a binding's translation turns to codes. An asynchronous fault of the
 * lower half is learned by the channel's fault epoch, looked at before each call, and sticks to its context.
 */
@NullMarked
package dev.cryo.upper.cuda;

import org.jspecify.annotations.NullMarked;
