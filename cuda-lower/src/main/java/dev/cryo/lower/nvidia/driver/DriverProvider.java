package dev.cryo.lower.nvidia.driver;

import java.util.ServiceLoader;

/**
 * Gives a driver in the place of the machine's own. There is none in cryo; tests put one on the class path, where
 * {@link ServiceLoader} finds it.
 */
public interface DriverProvider {
    /** Opens the driver; it is not initialised yet. */
    CudaDriver open() throws DriverException;

    /**
     * Opens the driver to use: a provided one if there is one, and otherwise the machine's.
     *
     * @throws DriverException NO_DEVICE if there is neither
     */
    static CudaDriver find() throws DriverException {
        for (DriverProvider provider : ServiceLoader.load(
                DriverProvider.class, DriverProvider.class.getClassLoader())) {
            return provider.open();
        }
        return LibCuda.open();
    }
}
