package dev.cryo.proxy.device;

import dev.cryo.lower.LowerHalfSession;
import dev.cryo.lower.managed.ManagedLowerHalf;
import dev.cryo.lower.managed.UnifiedDevice;
import dev.cryo.lower.nvidia.CaptureMethod;
import dev.cryo.lower.nvidia.NvidiaDevice;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.lower.nvidia.driver.DriverProvider;
import dev.cryo.lower.ptx.device.PtxDevice;
import dev.cryo.proxy.host.Criu;
import dev.cryo.proxy.host.ProcessState;
import dev.cryo.streamlog.control.ControlFrames;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.control.ControlMessage.Attach;
import dev.cryo.streamlog.control.ControlMessage.ContentsLost;
import dev.cryo.streamlog.control.ControlMessage.Failed;
import dev.cryo.streamlog.control.ControlMessage.Hello;
import dev.cryo.streamlog.control.ControlMessage.Persist;
import dev.cryo.streamlog.control.ControlMessage.Role;
import dev.cryo.streamlog.control.Rehearsal;
import dev.cryo.streamlog.image.BlockBuffers;
import dev.cryo.streamlog.linux.FrozenFork;
import dev.cryo.streamlog.linux.UnixConnection;
import dev.cryo.streamlog.ring.RingServer;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * The proxy's main class.
 *
 * <p>Arguments: the control socket and the kind of device. Exit status: 0 when the connection to the supervisor has
 * ended, 70 when a thread died of a defect or contents of the device were lost and the supervisor did not react;
 * what is computed after that could not be trusted.
 *
 * <p>A supervisor that ends in good order kills its proxy. So a connection that ends, or breaks, tells that the
 * supervisor was killed, and the proxy then ends the application too: nobody would read what it writes or save it ever
 * again. The proxy itself ends as it stands, since the device still runs: its threads use the application's memory,
 * and what is being written of an image nobody will complete.
 */
public final class ProxyMain {
    private static final System.Logger LOG = System.getLogger(ProxyMain.class.getName());
    private static final int DEFECT = 70;
    /** How long the supervisor has to end a job that cannot go on, and an application to end when it is killed. */
    private static final Duration END = Duration.ofSeconds(10);

    private static final long LOOK_NANOS = 5_000_000;

    private final UnixConnection supervisor;
    private final UnifiedDevice device;
    private @Nullable ApplicationRoot application;

    private ProxyMain(UnixConnection supervisor, UnifiedDevice device) {
        this.supervisor = supervisor;
        this.device = device;
    }

    /** Serves a supervisor until the connection ends. */
    public static void main(String[] arguments) throws IOException {
        Thread.setDefaultUncaughtExceptionHandler((thread, defect) -> {
            LOG.log(System.Logger.Level.ERROR, "defect in thread " + thread.getName() + ", the proxy ends", defect);
            Runtime.getRuntime().halt(DEFECT);
        });
        if (arguments.length != 2) {
            throw new IllegalArgumentException("expected: <control socket> <device>");
        }
        ignoreTerminal();
        UnifiedDevice device = device(arguments[1]);
        ManagedLowerHalf managed = new ManagedLowerHalf(device);
        LowerHalfSession session = new LowerHalfSession(
                managed, (request, lowerHalf) -> attach(request, managed), new BlockBuffers());
        UnixConnection supervisor = UnixConnection.to(Path.of(arguments[0]));
        ProxyMain proxy = new ProxyMain(supervisor, device);
        session.onContentsLost(proxy::contentsLost);
        try {
            proxy.serve(session);
        } catch (IOException e) {
            proxy.endApplication();
            LOG.log(System.Logger.Level.INFO, "the connection to the supervisor has ended: {0}", e.getMessage());
        }
        System.exit(0);
    }

    /** What a key of the terminal sends goes to all processes before it, and only the supervisor shall react. */
    private static void ignoreTerminal() {
        for (String name : List.of("INT", "HUP")) {
            Signal.handle(new Signal(name), SignalHandler.SIG_IGN);
        }
    }

    /** By its kind, and an option for it behind a colon or none. */
    private static UnifiedDevice device(String device) throws IOException {
        String[] kindAndOption = device.split(":", 2);
        String option = kindAndOption.length == 1 ? "" : kindAndOption[1];
        return switch (kindAndOption[0]) {
            case "ptx" -> new PtxDevice();
            case "nvidia" -> nvidia(CaptureMethod.named(option));
            default -> throw new IllegalArgumentException(
                    "this version has no device of kind " + kindAndOption[0] + ", but: ptx, nvidia");
        };
    }

    private static UnifiedDevice nvidia(CaptureMethod method) throws IOException {
        try {
            return NvidiaDevice.open(DriverProvider.find(), method);
        } catch (DriverException e) {
            throw new IOException("the GPU cannot be used: " + e.getMessage(), e);
        }
    }

    private static LowerHalfSession.Attachment attach(Attach request, ManagedLowerHalf device) throws IOException {
        device.application(request.applicationPid());
        return RingServer.attach(
                request.applicationPid(), request.ringDescriptor(), request.ringBytes(), device)::close;
    }

    /** Answers requests until the connection ends, which is an exception too. */
    private void serve(LowerHalfSession session) throws IOException {
        answer(new Hello(Role.PROXY, ProcessHandle.current().pid(), Runtime.version().feature(), -1, 0));
        @Nullable Thread persisting = null;
        while (true) {
            ControlMessage request = ControlFrames.read(supervisor);
            if (persisting != null) {
                // Answers are told apart by their order alone.
                join(persisting);
                persisting = null;
            }
            if (request instanceof Attach attach) {
                if (application == null) {
                    rehearse();
                }
                application = ProcessHandle.of(attach.applicationPid())
                        .map(jvm -> ApplicationRoot.of(jvm, supervisorPid()))
                        .orElse(null);
            }
            try {
                if (request instanceof Persist) {
                    // Takes long, and the supervisor's end must be noticed meanwhile.
                    persisting =
                            Thread.ofPlatform().name("cryo-persist").daemon().start(() -> persist(session, request));
                } else {
                    answer(session.handle(request));
                }
            } catch (OutOfMemoryError e) {
                // A checkpoint fails by that, and not the job: what was captured is given up by the next request.
                answer(new Failed(request.getClass().getSimpleName() + ": the proxy cannot go on with it: " + e));
            }
        }
    }

    /** Who has started this process. */
    private static long supervisorPid() {
        return ProcessHandle.current().parent().map(ProcessHandle::pid).orElse(-1L);
    }

    /** With a CRIU that has taken hold of it: what CRIU traces does not end before CRIU, and CRIU waits for its end. */
    private void endApplication() {
        if (application == null) {
            return;
        }
        application.kill();
        long root = application.process().pid();
        long limit = System.nanoTime() + END.toNanos();
        while (!ProcessState.hasEnded(root) && System.nanoTime() - limit < 0) {
            Criu.dumping(root).ifPresent(ProcessHandle::destroyForcibly);
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    /** Not earlier: an application that comes back waits for its device. */
    private void rehearse() {
        Rehearsal.start(device instanceof PtxDevice ? FrozenFork::rehearse : () -> {});
    }

    private static void join(Thread thread) throws IOException {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new InterruptedIOException("interrupted while an image is written");
        }
    }

    private void persist(LowerHalfSession session, ControlMessage request) {
        ControlMessage answer = session.handle(request);
        try {
            answer(answer);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the supervisor left before it was told of the image", e);
        }
    }

    /** Tells the supervisor and waits for the end: nothing may be computed any more. */
    private void contentsLost(String why) {
        try {
            answer(new ContentsLost(why));
            Thread.sleep(END);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.ERROR, "the proxy ends, and the supervisor cannot be told: " + why, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(DEFECT);
    }

    private synchronized void answer(ControlMessage message) throws IOException {
        ControlFrames.write(supervisor, message);
    }
}
