package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.control.Connection;
import dev.cryo.proxy.control.ControlServer;
import dev.cryo.proxy.control.ControlSocket;
import dev.cryo.proxy.control.RequestFailedException;
import dev.cryo.proxy.host.ApplicationProcess;
import dev.cryo.proxy.host.ExitStatus;
import dev.cryo.proxy.host.HostState;
import dev.cryo.proxy.host.HostStateException;
import dev.cryo.proxy.host.LazyPages;
import dev.cryo.proxy.host.SignalNumbers;
import dev.cryo.proxy.host.StandardStreams;
import dev.cryo.proxy.supervisor.JobException.Kind;
import dev.cryo.proxy.supervisor.JobSettings.Engine;
import dev.cryo.proxy.supervisor.JobSettings.OnFailure;
import dev.cryo.proxy.supervisor.JobStatus.Phase;
import dev.cryo.streamlog.control.ControlMessage.Failed;
import dev.cryo.streamlog.control.ControlMessage.LowerHalfLost;
import dev.cryo.streamlog.control.ControlMessage.Role;
import dev.cryo.streamlog.control.ControlMessage;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One run of a job: an application, its proxy, and what connects them, from a launch or a restart to the end. Owns all
 * of it. Thread-safe.
 */
final class JobRun implements Halves.Events, AutoCloseable {
    private static final Duration PROXY_START = Duration.ofSeconds(30);
    private static final Duration LOOK = Duration.ofMillis(200);
    private static final Duration END = Duration.ofSeconds(10);

    private final Site site;
    private final Commands commands;
    private final Halves halves = new Halves(this);
    private final ControlServer server;
    private final JobStreams streams;
    private final PageWaiters pageWaiters;
    private @Nullable ProxyProcess proxy;
    private @Nullable ApplicationProcess application;
    private @Nullable LazyPages hostPages;
    /** A bit for each number. */
    private volatile long passedOn;

    private boolean proxyUsed;
    private volatile boolean greeted;
    private boolean closing;
    private volatile boolean lowerHalfLost;
    private volatile @Nullable String contentsLost;
    private volatile int askedCode = -1;

    /** Takes requests; called on the control server's thread, must not block. */
    interface Commands {
        /** A command, or the application itself, wants something. */
        void asked(Connection by, ControlMessage request);
    }

    private JobRun(Site site, Commands commands, JobStreams streams, ControlSocket socket) throws IOException {
        this.site = site;
        this.commands = commands;
        this.streams = streams;
        this.pageWaiters = new PageWaiters(site.messages());
        this.server = ControlServer.open(socket, halves);
    }

    /**
     * A run without an application, with a proxy unless the lower half will be in the application or there is none. The
     * proxy is started before all else, for it is what takes longest.
     */
    static JobRun begin(Site site, Commands commands) throws IOException {
        ControlSocket socket = ControlSocket.listen(site.folder().socket());
        Optional<ProxyProcess> proxy = Optional.empty();
        @Nullable JobStreams streams = null;
        try {
            proxy = ProxyProcess.startFor(site);
            streams = JobStreams.create(site);
            JobRun run = new JobRun(site, commands, streams, socket);
            proxy.ifPresent(run::use);
            return run;
        } catch (IOException | RuntimeException e) {
            try (socket; @Nullable JobStreams made = streams) {
                proxy.ifPresent(ProxyProcess::close);
            }
            throw e;
        }
    }

    Halves halves() {
        return halves;
    }

    ControlServer server() {
        return server;
    }

    StandardStreams streams() {
        return streams.pipes();
    }

    private synchronized void use(ProxyProcess started) {
        proxy = started;
        started.handle().onExit().thenRun(() -> loseLowerHalf(started));
        site.status().update(now -> now.withProxy(JobStatus.Running.of(started.handle())));
    }

    /** The lower half's connection, once it has connected. */
    Connection lowerHalf() throws IOException, InterruptedException {
        long end = System.nanoTime() + PROXY_START.toNanos();
        while (System.nanoTime() < end && proxyLives()) {
            Optional<Connection> connected = halves.proxy(LOOK);
            if (connected.isPresent()) {
                return connected.get();
            }
        }
        throw new IOException("the proxy did not connect within " + PROXY_START.toSeconds() + " s, or has ended; see "
                + site.folder().logFile());
    }

    private synchronized boolean proxyLives() {
        return proxy != null && proxy.handle().isAlive();
    }

    private synchronized void requireWanted() throws IOException {
        if (closing) {
            throw new IOException("it was given up");
        }
    }

    /** Starts the application from its command line. */
    synchronized void startApplication() throws HostStateException, IOException {
        requireWanted();
        application(ApplicationProcess.start(
                JavaCommand.of(site.settings(), site.folder(), site.installation().agentJar()), streams.pipes()));
        if (site.settings().engine() == Engine.DRIVER) {
            site.status().update(now -> now.in(Phase.RUNNING)); // Nobody will tell that it does.
        }
    }

    /** Takes over the application, which has been started or restored. */
    synchronized void application(ApplicationProcess started) throws IOException {
        application = started;
        requireWanted();
        streams.connectInput();
        site.status().update(now -> now.withApplication(
                ProcessHandle.of(started.programPid()).map(JobStatus.Running::of).orElse(null)));
    }

    /** Takes over what brings the application's memory. */
    synchronized void hostPages(LazyPages pages) {
        hostPages = pages;
    }

    /** Waits until all of the application's memory has been brought: before, it cannot be saved. */
    boolean awaitHostPages(Duration limit) throws InterruptedException {
        LazyPages pages;
        synchronized (this) {
            pages = hostPages;
        }
        return pages == null || pages.await(limit);
    }

    /** Finds the application's processes. */
    Halves.Processes processes() {
        return new NamespacedProcesses(process().pid());
    }

    /** The application's processes, for the driver. */
    DriverStages.Application cudaProcesses() {
        return new DriverStages.Application() {
            @Override
            public List<Long> processes() throws IOException {
                return HostState.processes(process());
            }

            @Override
            public long ownId(long pid) throws IOException {
                return NamespacedProcesses.innermostPid(pid);
            }
        };
    }

    synchronized ApplicationProcess process() {
        if (application == null) {
            throw new IllegalStateException("no application was started");
        }
        return application;
    }

    /** Whether a JVM of an application that was launched has ever connected. */
    boolean hasGreeted() {
        return greeted;
    }

    /** Whether the application can be checkpointed: its JVM is connected, where that is needed. */
    boolean isServed() {
        return site.settings().engine() == Engine.DRIVER || halves.welcomed().isPresent();
    }

    /**
     * Passes a signal on to the application, which must have been started. Once that has ended, a signal that asks for
     * the end gives up what is left of its output.
     */
    synchronized void signal(int number) {
        if (closing) {
            if (SignalNumbers.asksForTheEnd(number)) {
                streams.abandonOutput();
            }
            return;
        }
        ApplicationProcess to = process();
        passedOn |= 1L << number;
        if (Delivery.mustKill(to, number)) {
            askedCode = 128 + number;
            to.kill();
        } else {
            to.signal(number);
        }
    }

    /** Waits for an application that is expected to connect. */
    Connection returned(Duration timeout) throws IOException, InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        while (System.nanoTime() < end && process().isAlive()) {
            Optional<Connection> connected = halves.returned(LOOK);
            if (connected.isPresent()) {
                halves.stopExpecting();
                return connected.get();
            }
        }
        throw new IOException(
                process().isAlive()
                        ? "waited " + timeout.toSeconds() + " s for the application to connect"
                        : "the application has ended before it could connect");
    }

    // What happens; on the control server's thread, so what takes time goes to another.

    @Override
    public void applicationArrived(Connection arrived) {
        Thread.ofVirtual().name("cryo-greet").start(() -> greet(arrived));
    }

    private void greet(Connection arrived) {
        try {
            if (arrived.hello().role() == Role.APPLICATION) {
                freshProxy();
                lowerHalf();
            }
            halves.attach(arrived, processes());
            greeted = true;
            halves.welcome(arrived);
            site.status().update(now -> now.in(Phase.RUNNING));
        } catch (IOException | RequestFailedException e) {
            site.messages().say("the application cannot be served: " + e.getMessage());
            site.status().failed(String.valueOf(e.getMessage()));
            arrived.tell(new Failed(String.valueOf(e.getMessage())));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A JVM that follows another one in the same job gets a lower half of its own. */
    private synchronized void freshProxy() throws IOException {
        ProxyProcess used = proxy;
        if (proxyUsed && used != null) {
            halves.forgetProxy();
            proxy = null;
            used.close();
            requireWanted();
            ProxyProcess.startFor(site).ifPresent(this::use);
        }
        proxyUsed = true;
    }

    @Override
    public void applicationLeft(Connection left) {
        site.messages().note("the application's JVM, process " + left.hello().pid() + " to itself, has ended");
    }

    @Override
    public void proxyLeft() {
        ProxyProcess lost;
        synchronized (this) {
            lost = proxy;
        }
        if (lost != null) {
            Thread.ofVirtual().name("cryo-lost").start(() -> loseLowerHalf(lost));
        }
    }

    private void loseLowerHalf(ProxyProcess lost) {
        synchronized (this) {
            if (closing || proxy != lost || lowerHalfLost) {
                return;
            }
            lowerHalfLost = true;
        }
        String why = "the proxy is gone (" + lost.fate() + ")";
        boolean comesBack = site.settings().onFailure() == OnFailure.RESTART;
        site.messages()
                .say(why + (comesBack
                        ? "; the job goes back to its last image"
                        : "; the application's CUDA calls fail from now on"));
        site.status().failed(why);
        halves.application().ifPresent(connected -> connected.tell(new LowerHalfLost(why)));
        ApplicationProcess left;
        synchronized (this) {
            left = application;
        }
        if (left == null) {
            return; // One that is not started yet will not be served, and ends by itself.
        }
        if (comesBack) {
            left.kill();
        } else {
            pageWaiters.watch(lost, left);
        }
    }

    /** Nothing is computed any more: the application must not see an error that it could take for one of its own. */
    @Override
    public void contentsLost(String why) {
        contentsLost = why;
        Thread.ofVirtual().name("cryo-lost").start(this::endParts);
    }

    /** Why contents of memory could not be read from the image that this run came from, if that is so. */
    Optional<String> lostContents() {
        return Optional.ofNullable(contentsLost);
    }

    @Override
    public void checkpointWanted(Connection application) {
        commands.asked(application, new ControlMessage.CheckpointWanted());
    }

    @Override
    public void asked(Connection command, ControlMessage request) {
        commands.asked(command, request);
    }

    @Override
    public void refused(String why) {
        site.messages().note(why);
    }

    // The end

    /** Waits until the application has ended. */
    Ending await() throws JobException, InterruptedException {
        try {
            ExitStatus status = process().onExit().get();
            if (contentsLost != null && status.signal() != 0) {
                return new Ending(status.code(), Ending.Kind.CONTENTS_LOST);
            }
            if (askedCode >= 0) {
                return new Ending(askedCode == 0 ? status.code() : askedCode, Ending.Kind.ASKED);
            }
            int signal = status.code() - 128;
            if (signal > 0 && signal < Long.SIZE && (passedOn >> signal & 1) != 0) {
                return new Ending(status.code(), Ending.Kind.ASKED);
            }
            if (lowerHalfLost) {
                return new Ending(status.code(), Ending.Kind.LOWER_HALF_LOST);
            }
            return new Ending(status.code(), status.signal() == 0 ? Ending.Kind.EXITED : Ending.Kind.KILLED);
        } catch (ExecutionException e) {
            throw new JobException(Kind.FAILED, "the application's end is not known: " + e.getCause(), e);
        }
    }

    /** Ends the application at once, which stands still behind a complete image. */
    void endHeld() {
        askedCode = 128 + SignalNumbers.SIGTERM;
        process().kill();
    }

    /** Ends the application: asks it, and kills it if it does not end in time. */
    void end() throws InterruptedException {
        askedCode = 0;
        ApplicationProcess ending = process();
        signal(SignalNumbers.SIGTERM);
        try {
            ending.onExit().get(END.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            site.messages().say("the application did not end within " + END.toSeconds() + " s and is killed");
            ending.kill();
        } catch (ExecutionException e) {
            site.messages().defect("waiting for the application's end", e);
        }
    }

    /** Ends the parts of a run that is being brought back, which then fails as soon as it needs them. */
    void abandon() {
        askedCode = 128 + SignalNumbers.SIGTERM;
        endParts();
    }

    private void endParts() {
        ProxyProcess ending;
        synchronized (this) {
            closing = true;
            if (application != null && application.isAlive()) {
                application.kill();
            }
            ending = proxy;
        }
        if (ending != null) {
            ending.close();
        }
    }

    /** Ends everything that still runs and passes on what the application has written last. */
    @Override
    public void close() throws IOException {
        pageWaiters.close();
        streams.disconnectInput();
        try (server; streams) {
            endParts();
            releaseHostPages();
            site.status().update(now -> now.withApplication(null).withProxy(null));
            streams.finish();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whoever still waits for a page must have ended before: it would see zeros. */
    private void releaseHostPages() throws IOException, InterruptedException {
        LazyPages pages;
        ApplicationProcess ending;
        synchronized (this) {
            pages = hostPages;
            hostPages = null;
            ending = application;
        }
        if (pages == null) {
            return;
        }
        try (pages) {
            if (ending != null) {
                ExitStatus unused = ending.onExit().get(END.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (TimeoutException | ExecutionException e) {
            site.messages().defect("waiting for the application's end", e);
        }
    }
}
