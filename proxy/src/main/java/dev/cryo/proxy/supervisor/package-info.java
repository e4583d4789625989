/**
 * The supervisor: one for each job, in the foreground as long as the job runs. It starts the application and the proxy,
 * passes standard streams, signals and the exit status through, takes checkpoints, and restarts from images.
 *
 * <pre>{@code
 * try (Supervisor supervisor = Supervisor.of(JobFolder.named("training", System.getenv()), settings, messages)) {
 *     exitCode = supervisor.launch();
 * }
 * }</pre>
 *
 * <p>The parts of a job end with it:
 * <ul>
 *   <li>the supervisor holds a lock on its job's folder, which ends with its process, however that ends;
 *   <li>the proxy ends when its control connection does, and takes the application with it: a job whose supervisor was
 *       killed is ended within a second, and comes back by {@code cryo restart};
 *   <li>whatever still lives all the same, such as an application with its lower half inside, is ended by the next
 *       supervisor of the job, which finds it by process id and start time.
 * </ul>
 *
 * <p>A failure of a checkpoint never harms the application. {@link dev.cryo.proxy.supervisor.CheckpointState} has the
 * picture.
 */
@NullMarked
package dev.cryo.proxy.supervisor;

import org.jspecify.annotations.NullMarked;
