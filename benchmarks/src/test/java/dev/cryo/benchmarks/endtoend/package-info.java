/**
 * End-to-end tests: whole jobs, started and steered by the commands that a user gives.
 *
 * <p>Each test has a workplace of its own, and what it has started is ended with it. Where CRIU is unusable, the tests
 * that need it are skipped, with the reason. Tests tagged {@code soak} take minutes: {@code ./cryo test --soak}.
 */
@NullMarked
package dev.cryo.benchmarks.endtoend;

import org.jspecify.annotations.NullMarked;
