/**
 * Small CUDA applications that check themselves, to be run under checkpoint and restart.
 *
 * <p>Each is written as CRIU's own tests are: prepare, work in steps, verify after every step, and at the end print
 * {@code OK} with the SHA-256 of the results and exit with 0; a failed check prints {@code FAILED} with what differed
 * and exits with 1, a wrong command line exits with 2. After preparing, {@code ready} is printed, and {@code step K/N}
 * after each step, flushed, so that a test knows when to act. {@code --steps N} and {@code --step-ms N} (the sleep
 * after each step) pace all of them. They are plain JCuda programs: they import nothing of cryo outside this package.
 *
 * <p>Each has its kernels in a {@code .cu} file in the resources, with the PTX that nvcc made of it beside it.
 */
@NullMarked
package dev.cryo.benchmarks.apps;

import org.jspecify.annotations.NullMarked;
