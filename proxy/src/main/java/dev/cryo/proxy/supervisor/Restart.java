package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.control.Connection;
import dev.cryo.proxy.control.RequestFailedException;
import dev.cryo.proxy.driver.ProcessCheckpoints;
import dev.cryo.proxy.host.HostImage;
import dev.cryo.proxy.host.HostState;
import dev.cryo.proxy.host.HostStateException;
import dev.cryo.proxy.host.LazyPages;
import dev.cryo.proxy.host.Restored;
import dev.cryo.proxy.supervisor.JobException.Kind;
import dev.cryo.proxy.supervisor.JobStatus.Phase;
import dev.cryo.proxy.supervisor.JobStatus.Taken;
import dev.cryo.streamlog.control.ControlMessage.Adopt;
import dev.cryo.streamlog.control.ControlMessage.Attach;
import dev.cryo.streamlog.control.ControlMessage.Done;
import dev.cryo.streamlog.control.ControlMessage.Outcome;
import dev.cryo.streamlog.control.ControlMessage.Restore;
import dev.cryo.streamlog.control.ControlMessage.Role;
import dev.cryo.streamlog.control.ControlMessage.Running;
import dev.cryo.streamlog.control.ControlMessage.Welcome;
import dev.cryo.streamlog.image.ImageException;
import dev.cryo.streamlog.image.ImageKey;
import dev.cryo.streamlog.image.ImageReader;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.image.JobInfo.HostMode;
import dev.cryo.streamlog.image.KeyUnavailableException;
import dev.cryo.streamlog.image.Section;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Brings a job back from an image, in this order: the image is verified, byte by byte, but for the memory of the device
 * and of the application where that is read when it is used; beside that a fresh proxy replays the log and takes over
 * the device's memory, for which it verifies itself what it reads. What the host lacks is named before the application
 * is started. Then CRIU restores the application, which waits for the proxy. If anything fails, the proxy is ended with
 * all that it has. In a job of the driver's engine there is no proxy: the driver gives the restored processes their
 * device back.
 */
final class Restart {
    private static final Duration LOAD = Duration.ofMinutes(10);
    private static final Duration RESTORE = Duration.ofMinutes(5);
    private static final Duration CONNECT = Duration.ofSeconds(60);

    private final Site site;
    private final Unpacking unpacking;
    private final ImageReader image;
    private final Loading loading;
    private final HostFinder host;
    private @Nullable JobRun begun;

    /** Begins a run, whose application this brings. */
    @FunctionalInterface
    interface Beginning {
        JobRun begin() throws IOException;
    }

    private Restart(Site site, Unpacking unpacking, HostFinder host) {
        this.site = site;
        this.unpacking = unpacking;
        this.image = unpacking.image();
        this.loading = unpacking.loading();
        this.host = host;
    }

    /** When memory is read from the image and checked. */
    enum Loading {
        /** Before anything is started. */
        AHEAD,
        /** Each part when it is used first: the device's, where the device can, and much of the application's. */
        WHEN_USED;

        /** Whether a section is not read ahead. */
        boolean leaves(Section section) {
            return switch (this) {
                case AHEAD -> false;
                case WHEN_USED -> section.name().equals(Section.DEVICE) || LazyHost.suits(section);
            };
        }
    }

    /**
     * Opens an image; until it is closed nobody removes any of the job.
     *
     * @throws JobException if there is no such image, or it cannot be used
     */
    static ImageReader open(JobFolder folder, ImageStore images, long number) throws JobException {
        try {
            return images.patient().hold(number);
        } catch (IOException e) {
            throw unusable(folder, number, e);
        }
    }

    /** Tells that an image cannot be used. */
    static JobException unusable(JobFolder folder, long number, IOException why) {
        return switch (why) {
            case NoSuchFileException e -> new JobException(
                    Kind.UNKNOWN,
                    "job " + folder.name() + " has no image " + number + known(folder),
                    e);
            case ImageException e -> new JobException(
                    Kind.IMAGE,
                    "image " + number + " of job " + folder.name() + " cannot be used: " + e.getMessage()
                            + "; nothing was started" + others(folder, number),
                    e);
            case KeyUnavailableException e -> new JobException(Kind.UNAVAILABLE, "" + e.getMessage(), e);
            default -> new JobException(Kind.FAILED, "cannot read image " + number + ": " + why.getMessage(), why);
        };
    }

    private static String known(JobFolder folder) {
        try {
            List<Long> numbers = folder.images().numbers();
            return numbers.isEmpty() ? "; it has none" : "; it has " + numbers;
        } catch (IOException e) {
            return "; and its images cannot be listed: " + e.getMessage();
        }
    }

    /** Tells of another image to go back to. */
    static String others(JobFolder folder, long damaged) {
        try {
            return folder.images().numbers().stream()
                    .filter(number -> number != damaged)
                    .max(Long::compare)
                    .map(number -> "; the newest other image is " + number)
                    .orElse("");
        } catch (IOException e) {
            return "; and the other images cannot be listed: " + e.getMessage();
        }
    }

    /**
     * Starts a run from an image.
     *
     * @param host what restores processes; needed for images of a process
     * @param beginning begins the run
     * @param running is given the run before the user is told that it runs
     * @throws JobException if that fails; nothing is left running then
     */
    static JobRun run(
            Site site,
            Unpacking unpacking,
            HostFinder host,
            Beginning beginning,
            Consumer<JobRun> running)
            throws JobException, InterruptedException {
        long start = System.nanoTime();
        long number = unpacking.image().manifest().number();
        site.status().update(now -> now.in(Phase.RESTARTING));
        Restart restart = new Restart(site, unpacking, host);
        try {
            Taken taken = new Taken(
                    number,
                    restart.image.manifest().createdMillis(),
                    restart.image.manifest().job().property(Checkpoint.PAUSE_NANOS).map(Long::valueOf).orElse(0L),
                    site.folder().images().addedBytes(number));
            JobRun run = restart.run(beginning);
            running.accept(run);
            site.status().update(now -> now.broughtBack(taken));
            site.messages().say("job %s runs again from image %d, after %.2f s"
                    .formatted(site.folder().name(), number, (System.nanoTime() - start) / 1e9));
            return run;
        } catch (IOException | RequestFailedException | HostStateException e) {
            Optional<String> lost = Optional.ofNullable(restart.begun).flatMap(JobRun::lostContents);
            throw new JobException(
                    lost.isPresent() ? Kind.IMAGE : Kind.FAILED,
                    "job " + site.folder().name() + " cannot be restarted from image " + number + ": "
                            + lost.map(why -> why + others(site.folder(), number)).orElse(e.getMessage()),
                    e);
        }
    }

    private JobRun run(Beginning beginning)
            throws IOException, HostStateException, RequestFailedException, InterruptedException, JobException {
        if (image.manifest().job().host() == HostMode.APP) {
            return runApplicationAnew(beginning);
        }
        return site.driver().isPresent()
                ? restoreByDriver(site.driver().get(), beginning)
                : restoreHalves(beginning);
    }

    private JobRun begin(Beginning beginning) throws IOException {
        JobRun run = beginning.begin();
        begun = run;
        return run;
    }

    /** What restores processes: it is named before anything is restored if that is missing. */
    private HostState restorer() throws JobException, InterruptedException {
        return host.find().orElseThrow(() -> new IllegalStateException("no CRIU"));
    }

    private void restoreProcesses(HostState restorer, HostImage hostImage, JobRun run)
            throws IOException, HostStateException {
        Path work = site.folder().path().resolve("criu");
        long start = System.nanoTime();
        Restored restored;
        if (hostSections().anyMatch(loading::leaves)) {
            LazyPages pages = LazyHost.begin(hostImage, image, work, run, site.messages());
            run.hostPages(pages);
            restored = restorer.restoreLazily(hostImage, work, RESTORE, pages);
        } else {
            restored = restorer.restore(hostImage, work, RESTORE);
        }
        site.messages().note("CRIU restored the application in %.3f s".formatted((System.nanoTime() - start) / 1e9));
        run.application(restored.application());
        restored.cut().forEach(cut -> site.messages()
                .say("what the application had written after the checkpoint is kept in " + cut));
    }

    /** Where the GPUs that the application had are now is decided before anything is started. */
    private JobRun restoreByDriver(ProcessCheckpoints driver, Beginning beginning)
            throws IOException, HostStateException, InterruptedException, JobException {
        HostState restorer = restorer();
        HostImage hostImage = unpacked();
        DriverRestore restore = DriverRestore.of(image.manifest().job(), driver, site.messages());
        JobRun run = begin(beginning);
        try {
            restoreProcesses(restorer, hostImage, run);
            restore.resume(run.processes());
            return run;
        } catch (IOException | HostStateException | RuntimeException e) {
            run.close();
            throw e;
        }
    }

    /** The proxy restores the device while the image is verified and the application restored. */
    private JobRun restoreHalves(Beginning beginning)
            throws IOException, HostStateException, RequestFailedException, InterruptedException, JobException {
        JobRun run = begin(beginning);
        try {
            run.halves().expectReturn();
            // Not closed: if something else fails, the end of the run is what ends it.
            Aside<Boolean, IOException> device = Aside.begin("cryo-device", () -> loadInto(run));
            HostState restorer = restorer();
            HostImage hostImage = unpacked();
            restoreProcesses(restorer, hostImage, run);
            boolean unused = device.get();
            Connection application = run.returned(CONNECT);
            run.halves().attach(application, run.processes());
            Welcome welcome = new Welcome(Outcome.RESTORED, new byte[0]);
            application.ask(welcome, Running.class, CONNECT, "the restored application to open its gate");
            return run;
        } catch (IOException | RequestFailedException | HostStateException | JobException | RuntimeException e) {
            run.close();
            throw e;
        }
    }

    private JobRun runApplicationAnew(Beginning beginning)
            throws IOException, HostStateException, RequestFailedException, InterruptedException, JobException {
        JobRun run = begin(beginning);
        try {
            Path unused = unpacking.await();
            run.halves().expectReturn();
            run.startApplication();
            if (!site.settings().inProcess()) {
                load(run.lowerHalf());
            }
            Connection application = run.returned(CONNECT);
            if (application.hello().role() == Role.APPLICATION_IN_PROCESS) {
                load(application);
            }
            byte[] log = image.bytes(Section.LOG);
            application.ask(new Adopt(log), Done.class, CONNECT, "the application to map its page-locked memory");
            if (site.settings().inProcess()) {
                Attach own = new Attach(0, -1, 0);
                application.ask(own, Done.class, CONNECT, "the application to map its own memory");
            } else {
                run.halves().attach(application, run.processes());
            }
            application.tell(new Welcome(Outcome.RESTORED, log));
            return run;
        } catch (IOException | RequestFailedException | HostStateException | JobException | RuntimeException e) {
            run.close();
            throw e;
        }
    }

    private boolean loadInto(JobRun run) throws IOException, InterruptedException {
        try {
            load(run.lowerHalf());
            return true;
        } catch (RequestFailedException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private void load(Connection lowerHalf) throws RequestFailedException, InterruptedException {
        long start = System.nanoTime();
        Restore restore = new Restore(
                image.folder().toString(),
                loading == Loading.WHEN_USED,
                ImageKey.told(image.key()));
        lowerHalf.ask(restore, Done.class, LOAD, "the device's memory to be loaded");
        site.messages().note("the device was restored in %.3f s".formatted((System.nanoTime() - start) / 1e9));
    }

    private Stream<Section> hostSections() {
        return image.manifest().sections().stream().filter(section -> section.name().startsWith(Section.HOST));
    }

    /** Waits until the image is verified. */
    private HostImage unpacked() throws IOException, HostStateException, JobException, InterruptedException {
        HostImage hostImage = described(unpacking.await());
        hostImage.requireRestorable();
        requireSamePlace(hostImage);
        return hostImage;
    }

    private HostImage described(Path unpacked) throws JobException {
        try {
            return HostImage.read(unpacked);
        } catch (HostStateException e) {
            long number = image.manifest().number();
            throw new JobException(
                    Kind.IMAGE,
                    "image " + number + " of job " + site.folder().name() + " cannot be used: " + e.getMessage()
                            + others(site.folder(), number),
                    e);
        }
    }

    /** The application knows the names of its pipes and of its supervisor's socket. */
    private void requireSamePlace(HostImage hostImage) throws JobException, IOException {
        Path needed = hostImage.streamsFolder();
        Path here = site.folder().path();
        boolean same = needed.equals(here) || (Files.exists(needed) && Files.isSameFile(needed, here));
        if (!same) {
            throw new JobException(
                    Kind.UNAVAILABLE,
                    "the application needs its job's folder at " + needed + ", and it is at " + here
                            + ": set CRYO_HOME so that they agree");
        }
    }
}
