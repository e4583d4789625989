/**
 * CUDA applications to measure with, written against plain JCuda: {@code cryo bench gpu} runs them without cryo and
 * under it. They import nothing of cryo; what they share with the applications of package {@code apps} (options, the
 * context) is theirs.
 *
 * <p>Each prints its figures as one JSON object, the last line; {@link dev.cryo.benchmarks.gpu.Holder}, which is
 * checkpointed, prints what it does. A failed check prints {@code FAILED} with what differed and exits with 1, a wrong
 * command line exits with 2. What they compute they compare exactly.
 *
 * <p>The kernels are {@code gpu.cu} in the resources, with the PTX that nvcc made of it beside it.
 */
@NullMarked
package dev.cryo.benchmarks.gpu;

import org.jspecify.annotations.NullMarked;
