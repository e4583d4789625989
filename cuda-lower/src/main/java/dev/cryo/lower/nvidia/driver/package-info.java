/**
 * NVIDIA's CUDA driver as the lower half sees it: {@link dev.cryo.lower.nvidia.driver.CudaDriver} is the one interface,
 * {@link dev.cryo.lower.nvidia.driver.LibCuda} the real one behind it.
 *
 * <pre>{@code
 * CudaDriver driver = LibCuda.open();   // DriverException where there is no driver
 * driver.initialize();
 * long context = driver.retainPrimaryContext(0);
 * driver.makeCurrent(context);
 * }</pre>
 *
 * <p>Only what the lower half needs is here. Functions are named in words; the Javadoc of each tells the driver's name
 * for it. Handles and addresses are longs, as the driver gives them.
 */
@NullMarked
package dev.cryo.lower.nvidia.driver;

import org.jspecify.annotations.NullMarked;
