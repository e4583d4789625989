package dev.cryo.proxy.doctor;

import dev.cryo.proxy.driver.DriverException;
import dev.cryo.proxy.driver.LibCudaCheckpoints;

/** What {@code --engine driver} needs: a driver that checkpoints processes. */
final class DriverProbe implements Probe {
    private static final String NAME = "process checkpoint";
    private static final String REMEDY =
            "install an NVIDIA driver of version 570 or newer; without one, only applications on the JVM can be saved";

    @Override
    public Finding examine() {
        try {
            LibCudaCheckpoints driver = LibCudaCheckpoints.load();
            return Finding.works(
                    NAME,
                    driver.description() + ": --engine driver saves any CUDA process"
                            + (driver.canMove() ? "" : ", on the GPU that it was on"));
        } catch (DriverException e) {
            return Finding.fails(NAME, String.valueOf(e.getMessage()), REMEDY);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Finding.fails(NAME, "interrupted", REMEDY);
        }
    }
}
