/**
 * An ordinary training job: a two-layer perceptron learns the UCI handwritten digits on one CUDA device.
 *
 * <p>The program is written against plain JCuda and knows nothing of cryo: it imports nothing of cryo outside this
 * package, and a test keeps it so. {@link dev.cryo.benchmarks.trainer.DigitsTrainer} is the main class. Mini-batches go
 * through two page-locked buffers on a copy stream while a second stream computes, with events between them. The result
 * is deterministic to the last bit: every kernel fixes its rounding and the order of its sums, initial weights and
 * shuffling come from a generator of its own, so equal options give the same SHA-256 of the weights in every run.
 *
 * <p>The kernels are {@code digits.cu} in the resources; {@code digits.ptx} beside it is compiled from it with nvcc and
 * committed, so the build needs no CUDA toolkit.
 */
@NullMarked
package dev.cryo.benchmarks.trainer;

import org.jspecify.annotations.NullMarked;
