/**
 * Drives cryo as a user does: every command is a process of its own, and what is known of it is what it prints.
 *
 * <pre>{@code
 * try (Workplace place = Workplace.create(CommandLine.ofThisProcess())) {
 *     Child launched = place.launch("training", List.of(), Applications.trainer("--epochs", "40"));
 *     launched.out().await("epoch 20/40", Duration.ofSeconds(60));
 *     CheckpointTaken taken = place.checkpoint("training");
 *     place.kill("training");
 *     Child restarted = place.restart("training");
 *     restarted.exitCode(Duration.ofSeconds(60));
 * }
 * }</pre>
 *
 * <p>Guarantee: a closed {@link dev.cryo.benchmarks.job.Workplace} leaves no process and no file behind; processes are
 * ended by their ids alone.
 */
@NullMarked
package dev.cryo.benchmarks.job;

import org.jspecify.annotations.NullMarked;
