package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.driver.CudaProcesses;
import dev.cryo.proxy.driver.DriverException;
import dev.cryo.proxy.driver.Gpu;
import dev.cryo.proxy.driver.ProcessCheckpoints;
import dev.cryo.proxy.host.HostStateException;
import dev.cryo.streamlog.image.ImageWriter;
import dev.cryo.streamlog.image.JobInfo;
import dev.cryo.streamlog.image.SectionWriter;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The steps of a checkpoint by the driver's own process checkpoint. What the device holds comes into the memory of the
 * application's processes, and into the image with them; there is nothing to write but the dump.
 */
final class DriverStages implements Stages {
    private final Parts parts;
    private final Duration timeout;
    private @Nullable CudaProcesses processes;
    private List<Gpu> gpus = List.of();
    private List<Long> ownIds = List.of();
    private long residentBefore;
    private long residentAfter;

    /**
     * What they work on.
     *
     * @param notes takes what the driver says of the processes, for the log
     */
    record Parts(ProcessCheckpoints driver, Application application, HostDump host, Consumer<String> notes) {}

    /** The application's processes. */
    interface Application {
        /** Their ids, as they are known here. */
        List<Long> processes() throws IOException;

        /** The id that a process knows itself by. */
        long ownId(long pid) throws IOException;
    }

    /**
     * For one checkpoint.
     *
     * @param timeout how long the application's work may take to come to rest
     */
    DriverStages(Parts parts, Duration timeout) {
        this.parts = parts;
        this.timeout = timeout;
    }

    @Override
    public void gate(Timeline timeline) throws IOException, InterruptedException {
        timeline.begin("looking for the application's CUDA processes");
        gpus = parts.driver().gpus();
        CudaProcesses found = CudaProcesses.among(parts.driver(), parts.application().processes());
        parts.notes().accept("before the checkpoint: " + found.description());
        List<Long> ids = new ArrayList<>();
        for (long pid : found.pids()) {
            ids.add(parts.application().ownId(pid));
        }
        ownIds = List.copyOf(ids);
        found.requireRunning();
        requireRoom(found);
        timeline.begin("locking CUDA in the application");
        processes = found;
        timeline.standStill();
        found.lock(timeout);
    }

    /** The driver would bring the device's memory into the host's whether it has room or not. */
    private void requireRoom(CudaProcesses found) throws IOException, InterruptedException {
        OptionalLong needed = found.deviceBytes();
        long available = parts.host().availableBytes();
        if (needed.isEmpty()) {
            parts.notes().accept("it is not known how much device memory the application has");
        } else if (needed.getAsLong() > available) {
            throw new IOException("the application has " + ByteSize.words(needed.getAsLong())
                    + " of device memory, which the driver would bring into the host's, and that has only "
                    + ByteSize.words(available) + " available");
        }
    }

    @Override
    public void drain(Timeline timeline) throws IOException, InterruptedException {
        timeline.begin("bringing device memory into the application's memory");
        residentBefore = parts.host().estimate();
        requireProcesses().checkpoint();
        residentAfter = parts.host().estimate();
    }

    @Override
    public void capture(DumpFolder dump, Timeline timeline) throws IOException, HostStateException {
        timeline.begin("saving the application's processes");
        parts.host().into(dump.make(residentAfter));
    }

    @Override
    public void release(Timeline timeline) throws IOException, InterruptedException {
        timeline.begin("giving the application its device back");
        requireProcesses().resume(Map.of());
        timeline.goOn();
    }

    @Override
    public void persist(ImageWriter image, SectionWriter host) {
        // The dump holds everything.
    }

    @Override
    public List<JobInfo.Property> measured() {
        List<JobInfo.Property> measured = new ArrayList<>(ImagedProcesses.properties(ownIds, gpus));
        long grown = Math.max(0, residentAfter - residentBefore);
        measured.add(new JobInfo.Property(SplitStages.CAPTURED_BYTES, Long.toString(grown)));
        return measured;
    }

    @Override
    public int resources() {
        return 0;
    }

    @Override
    public void undo(CheckpointException why, Timeline timeline) throws IOException, InterruptedException {
        if (processes != null) {
            try {
                processes.resume(Map.of());
            } finally {
                parts.notes().accept("after the failed checkpoint: " + processes.description());
            }
        }
    }

    @Override
    public boolean mayPass(CheckpointState reached, Exception failure) {
        return failure instanceof DriverException refused && refused.mayPass();
    }

    @Override
    public String detail(CheckpointState reached) {
        return "";
    }

    private CudaProcesses requireProcesses() {
        if (processes == null) {
            throw new IllegalStateException("no gate was closed");
        }
        return processes;
    }
}
