/**
 * Two ordinary applications of unified memory, which host and device use at the same addresses.
 *
 * <p>{@link dev.cryo.benchmarks.unified.UnifiedMemoryStreams} does products of matrices and vectors in the manner of
 * the CUDA sample of that name: small ones on the host, large ones on the device, by threads that each have a stream
 * and attach to it what they work on. {@link dev.cryo.benchmarks.unified.BarnesHut} moves bodies by their gravity, with
 * an octree that is full of pointers: the host builds it, both sides complete it, the device walks it.
 *
 * <p>Both are written against plain JCuda, the first with the driver API, the second with the runtime API: they import
 * nothing of cryo outside this package, and a test keeps it so. Both are correct on devices without concurrent managed
 * access: the host touches no memory that running work may use. After each step all results are compared, bit for bit,
 * with what plain Java computes. {@code ready} is printed first, then {@code step K/N} after each step, and at the end
 * {@code OK} with the SHA-256 of the results, which depends on the options alone. A difference is printed as
 * {@code FAILED} and exits with 1; a wrong command line exits with 2.
 *
 * <p>The kernels are {@code products.cu} and {@code gravity.cu} in the resources, with the PTX that nvcc made of them
 * beside them.
 */
@NullMarked
package dev.cryo.benchmarks.unified;

import org.jspecify.annotations.NullMarked;
