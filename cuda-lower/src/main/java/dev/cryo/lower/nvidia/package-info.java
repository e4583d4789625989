/**
 * NVIDIA's devices: {@link dev.cryo.lower.nvidia.NvidiaDevice} executes calls on the driver.
 *
 * <pre>{@code
 * CudaDriver driver = LibCuda.open();
 * try (NvidiaDevice device = NvidiaDevice.open(driver, CaptureMethod.AUTO)) {
 *     device.execute(new Call.CtxCreate(1, 2, 0, 0, true), reply);
 * }
 * }</pre>
 *
 * <p>Device memory lies at the addresses that the upper half chose ({@code GpuMemory}); the driver orders the work, and
 * {@code Completions} tells when it has ended. Threads: one that executes calls, one that looks for ends of work, and
 * {@code Workers} for what takes long, so that no call holds up those of other threads.
 *
 * <p>{@link dev.cryo.lower.nvidia.ModuleText} rewrites the PTX of a module so that its variables lie where the upper
 * half wants them, and at the same places as on the PTX device.
 */
@NullMarked
package dev.cryo.lower.nvidia;

import org.jspecify.annotations.NullMarked;
