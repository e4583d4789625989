package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.driver.CudaProcesses;
import dev.cryo.proxy.driver.DriverException;
import dev.cryo.proxy.driver.Gpu;
import dev.cryo.proxy.driver.ProcessCheckpoints;
import dev.cryo.proxy.supervisor.JobException.Kind;
import dev.cryo.streamlog.image.JobInfo;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Has the driver give restored processes their device back. */
final class DriverRestore {
    private final ImagedProcesses imaged;
    private final ProcessCheckpoints driver;
    private final List<Gpu> here;
    private final Map<Gpu, Gpu> moves;
    private final Messages messages;

    private DriverRestore(
            ImagedProcesses imaged,
            ProcessCheckpoints driver,
            List<Gpu> here,
            Map<Gpu, Gpu> moves,
            Messages messages) {
        this.imaged = imaged;
        this.driver = driver;
        this.here = here;
        this.moves = moves;
        this.messages = messages;
    }

    /**
     * Decides which GPU takes the place of which.
     *
     * @throws JobException if the image does not tell, or there are too few GPUs
     */
    static DriverRestore of(JobInfo job, ProcessCheckpoints driver, Messages messages)
            throws JobException, DriverException, InterruptedException {
        try {
            ImagedProcesses imaged = ImagedProcesses.of(job);
            List<Gpu> here = driver.gpus();
            Map<Gpu, Gpu> moves = imaged.ownIds().isEmpty() ? Map.of() : GpuMoves.between(imaged.gpus(), here);
            moves.forEach((from, to) -> messages.note(from + " is replaced by " + to));
            if (!moves.isEmpty() && !driver.canMove()) {
                messages.say("the GPUs are not those of the checkpoint, and this " + driver.description()
                        + " cannot be told which takes the place of which (driver 580 can): it decides itself");
                moves = Map.of();
            }
            return new DriverRestore(imaged, driver, here, moves, messages);
        } catch (IllegalArgumentException e) {
            throw new JobException(
                    Kind.IMAGE, "the image does not tell what the driver needs: " + e.getMessage(), e);
        }
    }

    /**
     * Gives the restored processes their device back and lets them go on.
     *
     * @throws IOException if the driver cannot; they are not to be used then
     */
    void resume(Halves.Processes processes) throws IOException, InterruptedException {
        List<Long> pids = new ArrayList<>();
        for (long ownId : imaged.ownIds()) {
            pids.add(processes.visible(ownId));
        }
        CudaProcesses restored = CudaProcesses.of(driver, pids);
        messages.note("after the restore: " + restored.description());
        long start = System.nanoTime();
        try {
            restored.resume(moves);
            messages.note("the driver gave the application its device back in %.0f ms"
                    .formatted((System.nanoTime() - start) / 1e6));
        } catch (DriverException e) {
            throw new IOException(
                    "the driver does not give the application its device back: " + e.getMessage()
                            + "\nthe application was on " + GpuMoves.words(imaged.gpus()) + "; here is "
                            + GpuMoves.words(here),
                    e);
        }
    }
}
