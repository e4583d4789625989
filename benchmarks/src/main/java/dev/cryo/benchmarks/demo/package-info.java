/**
 * The demonstration: a training job is killed in the middle, with its device, and ends as if nothing had happened.
 *
 * <p>{@link dev.cryo.benchmarks.demo.DemoCommand} is {@code cryo demo}. Everything it does it does by commands of cryo,
 * each in a process of its own, in a folder of its own that is removed at the end.
 */
@NullMarked
package dev.cryo.benchmarks.demo;

import org.jspecify.annotations.NullMarked;
