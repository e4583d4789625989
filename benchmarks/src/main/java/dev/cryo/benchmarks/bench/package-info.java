/**
 * Measurements: {@code cryo bench}. Each is one command that ends within five minutes and with one line, a JSON object,
 * when {@code --json} asks for it.
 *
 * <p>What is compared is run in turn within one call, never in two calls, and the median of at least five runs is
 * reported: a machine is seldom as fast as it was a minute ago.
 */
@NullMarked
package dev.cryo.benchmarks.bench;

import org.jspecify.annotations.NullMarked;
