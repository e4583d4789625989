/**
 * Workloads and measurements.
 */
@NullMarked
package dev.cryo.benchmarks;

import org.jspecify.annotations.NullMarked;
