/**
 * {@code cryo bench gpu}: what cryo costs and gains on a GPU.
 *
 * <p>It is made of {@link dev.cryo.benchmarks.bench.gpu.Part parts} that know nothing of each other. Each puts what it
 * measures into {@link dev.cryo.benchmarks.bench.gpu.Figures} as soon as it has it and works within its share of a
 * {@link dev.cryo.benchmarks.bench.gpu.Budget} of time: a GPU is lent for minutes, and what was measured must not be
 * lost because something later fails or does not fit. So a part that fails, or that this machine has not the means for,
 * leaves its reason among the figures.
 *
 * <p>What is compared runs in turn within one call. Without cryo ("plain") an application runs on JCuda's own natives;
 * on the PTX device, which has none, the device in-process and without a log stands for that.
 */
@NullMarked
package dev.cryo.benchmarks.bench.gpu;

import org.jspecify.annotations.NullMarked;
