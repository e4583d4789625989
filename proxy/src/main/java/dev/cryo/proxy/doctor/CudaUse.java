package dev.cryo.proxy.doctor;

import dev.cryo.proxy.driver.DriverException;
import dev.cryo.proxy.driver.ProcessCheckpoints;
import dev.cryo.proxy.host.GpuDevices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What the driver says of a process, for a diagnosis.
 *
 * @param ownPid the id that it knows itself by
 * @param state its state, or what the driver refused
 * @param restoreThread the thread that does what the driver is asked; 0 if it is not told
 * @param devices the device files of GPUs that it has open or mapped
 */
public record CudaUse(
        long pid, long ownPid, String program, String state, int restoreThread, List<String> devices) {
    /**
     * Looks at a process and at all below it.
     *
     * @throws IOException if there is no such process, or it cannot be looked at
     */
    public static List<CudaUse> of(ProcessCheckpoints driver, long root) throws IOException, InterruptedException {
        ProcessHandle process =
                ProcessHandle.of(root).orElseThrow(() -> new IOException("there is no process " + root));
        List<CudaUse> all = new ArrayList<>();
        for (ProcessHandle each : Stream.concat(Stream.of(process), process.descendants()).toList()) {
            all.add(one(driver, each.pid()));
        }
        return all;
    }

    private static CudaUse one(ProcessCheckpoints driver, long pid) throws IOException, InterruptedException {
        String state;
        int thread = 0;
        try {
            state = driver.state(pid).name().toLowerCase(Locale.ROOT);
            thread = driver.restoreThread(pid);
        } catch (DriverException e) {
            state = String.valueOf(e.getMessage());
        }
        return new CudaUse(pid, ownPid(pid), program(pid), state, thread, GpuDevices.heldBy(pid));
    }

    private static long ownPid(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                .filter(line -> line.startsWith("NSpid:"))
                .map(line -> line.substring(line.lastIndexOf('\t') + 1))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElse(pid);
    }

    private static String program(long pid) throws IOException {
        return Files.readString(Path.of("/proc/" + pid + "/comm")).strip();
    }
}
