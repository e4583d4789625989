/** {@code cryo bench image}: what a checkpoint costs, and a restart. */
@NullMarked
package dev.cryo.benchmarks.bench.image;

import org.jspecify.annotations.NullMarked;
