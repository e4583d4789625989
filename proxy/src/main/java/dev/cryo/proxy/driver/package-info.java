/**
 * NVIDIA's own process checkpoint: what the driver can do, from outside, to any process that uses CUDA.
 *
 * <p>{@link dev.cryo.proxy.driver.ProcessCheckpoints} is that part of the driver,
 * {@link dev.cryo.proxy.driver.LibCudaCheckpoints} the driver that is installed,
 * {@link dev.cryo.proxy.driver.CudaProcesses} those processes of an application that use it. A process
 * goes through these states, which it keeps through a dump and a restore by CRIU:
 *
 * <pre>
 *            lock                checkpoint
 *   RUNNING ------> LOCKED --------------------> CHECKPOINTED         the contents of its device memory are in its host
 *      ^             | ^                              |               memory, and nothing of the GPU is open
 *      +-- unlock ---+ +----------- restore ----------+
 * </pre>
 *
 * <pre>{@code
 * ProcessCheckpoints driver = LibCudaCheckpoints.load();
 * CudaProcesses processes = CudaProcesses.among(driver, pids);
 * processes.lock(Duration.ofSeconds(60));                // CUDA calls wait from here on; submitted work has ended
 * processes.checkpoint();
 * // ... they can be dumped now, and restored elsewhere ...
 * processes.resume(List.of());                           // from whatever state to RUNNING
 * }</pre>
 *
 * <p>Processes are named by the ids that this process knows them by, whatever they call themselves in a namespace.
 */
@NullMarked
package dev.cryo.proxy.driver;

import org.jspecify.annotations.NullMarked;
