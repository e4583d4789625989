package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.control.Connection;
import dev.cryo.proxy.control.ControlServer;
import dev.cryo.proxy.control.RequestFailedException;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.control.ControlMessage.Attach;
import dev.cryo.streamlog.control.ControlMessage.CheckpointWanted;
import dev.cryo.streamlog.control.ControlMessage.ContentsLost;
import dev.cryo.streamlog.control.ControlMessage.Done;
import dev.cryo.streamlog.control.ControlMessage.Failed;
import dev.cryo.streamlog.control.ControlMessage.Outcome;
import dev.cryo.streamlog.control.ControlMessage.Role;
import dev.cryo.streamlog.control.ControlMessage.Welcome;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The two halves of a job as their control connections: at most one application, at most one proxy. Thread-safe.
 *
 * <p>An application that connects is either one that was {@linkplain #expectReturn expected back}, and then waits for
 * {@link #returned}, or a new one, which the events are told.
 */
final class Halves implements ControlServer.Visitors {
    private static final Duration ATTACH = Duration.ofSeconds(60);

    private final Events events;
    private @Nullable Connection application;
    private @Nullable Connection proxy;
    private boolean returning;
    /** Who alone may return: a job's other JVMs do not. */
    private @Nullable Connection suspended;
    /** Whether the application has yet to be welcomed, as it has no lower half so far. */
    private boolean greeting;

    /** What a job's supervisor reacts to; called on the control server's thread, must not block. */
    interface Events {
        /** A new application has connected and waits for its welcome. */
        void applicationArrived(Connection application);

        /** The application has closed its connection without having been asked to. */
        void applicationLeft(Connection application);

        /** The proxy has closed its connection. */
        void proxyLeft();

        /** The application itself wants a checkpoint. */
        void checkpointWanted(Connection application);

        /** What holds the lower half cannot read contents of the device from their image, and waits to be ended. */
        void contentsLost(String why);

        /** A command wants something. */
        void asked(Connection command, ControlMessage request);

        /** Something sent nonsense. */
        void refused(String why);
    }

    /** Finds the process of an application from the id that it knows itself by. */
    @FunctionalInterface
    interface Processes {
        /** The id that the proxy knows it by. */
        long visible(long pidInNamespace) throws IOException;
    }

    Halves(Events events) {
        this.events = events;
    }

    @Override
    public void arrived(Connection connection) {
        switch (connection.hello().role()) {
            case APPLICATION, APPLICATION_IN_PROCESS -> applicationArrived(connection);
            case PROXY -> proxyArrived(connection);
            case COMMAND -> { }
        }
    }

    private void applicationArrived(Connection connection) {
        synchronized (this) {
            Connection other = application != null ? application : suspended;
            boolean isBack = application == null
                    && other != null
                    && other.hello().pid() == connection.hello().pid();
            if (other != null && !isBack) {
                connection.tell(new Failed("this job has a running JVM already, process " + other.hello().pid()
                        + " in its namespace; a job is one JVM at a time"));
                return;
            }
            application = connection;
            greeting = !returning;
            notifyAll();
            if (returning) {
                return;
            }
        }
        events.applicationArrived(connection);
    }

    private synchronized void proxyArrived(Connection connection) {
        if (proxy != null) {
            connection.tell(new Failed("this job has a proxy already"));
            connection.close();
            return;
        }
        proxy = connection;
        notifyAll();
    }

    @Override
    public void said(Connection connection, ControlMessage message) {
        if (connection.hello().role() == Role.COMMAND) {
            events.asked(connection, message);
        } else if (message instanceof CheckpointWanted) {
            events.checkpointWanted(connection);
        } else if (message instanceof ContentsLost lost) {
            events.contentsLost(lost.why());
        } else {
            events.refused("unasked " + message.getClass().getSimpleName() + " from " + connection.hello().role());
        }
    }

    @Override
    public void left(Connection connection) {
        boolean wasApplication;
        boolean wasProxy;
        boolean expected;
        synchronized (this) {
            wasApplication = connection == application;
            wasProxy = connection == proxy;
            application = wasApplication ? null : application;
            proxy = wasProxy ? null : proxy;
            expected = returning;
            notifyAll();
        }
        if (wasProxy) {
            events.proxyLeft();
        } else if (wasApplication && !expected) {
            events.applicationLeft(connection);
        }
    }

    @Override
    public void refused(String why) {
        events.refused(why);
    }

    /** The application, if it is connected. */
    synchronized Optional<Connection> application() {
        return Optional.ofNullable(application);
    }

    /** The application, if it is connected and was welcomed. */
    synchronized Optional<Connection> welcomed() {
        return greeting ? Optional.empty() : application();
    }

    /** Tells a new application that its lower half can be called. */
    synchronized void welcome(Connection arrived) {
        arrived.tell(new Welcome(Outcome.STARTED, new byte[0]));
        greeting = greeting && arrived != application;
    }

    /** What holds the lower half, if it is connected: the proxy, or the application itself. */
    synchronized Optional<Connection> lowerHalf() {
        if (application != null && application.hello().role() == Role.APPLICATION_IN_PROCESS) {
            return Optional.of(application);
        }
        return Optional.ofNullable(proxy);
    }

    /** From now on an application that connects is the one that {@link #returned} waits for. */
    synchronized void expectReturn() {
        returning = true;
    }

    /** The same of the application that is about to leave, and of no other that connects. */
    synchronized void expectReturn(Connection leaving) {
        returning = true;
        suspended = leaving;
    }

    /**
     * Waits for an application to connect.
     *
     * @return nothing if it did not in time
     */
    Optional<Connection> returned(Duration timeout) throws InterruptedException {
        return await(timeout, () -> application);
    }

    /** Waits for an application to end its connection; false if it did not in time. */
    synchronized boolean hasLeft(Connection leaving, Duration timeout) throws InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        for (long left = timeout.toNanos(); left > 0 && application == leaving; left = end - System.nanoTime()) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return application != leaving;
    }

    /** Ends the expectation; an application that connects from now on is a new one. */
    synchronized void stopExpecting() {
        returning = false;
        suspended = null;
    }

    /** Waits for the proxy to connect. */
    Optional<Connection> proxy(Duration timeout) throws InterruptedException {
        return await(timeout, () -> proxy);
    }

    private synchronized Optional<Connection> await(
            Duration timeout, java.util.function.Supplier<@Nullable Connection> what) throws InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        for (long left = timeout.toNanos(); left > 0 && what.get() == null; left = end - System.nanoTime()) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return Optional.ofNullable(what.get());
    }

    /** Forgets the proxy, which is being ended: that it leaves is no event. */
    synchronized void forgetProxy() {
        proxy = null;
    }

    /** Gives the proxy access to the application's memory; an application that is its own lower half has it. */
    void attach(Connection to, Processes processes) throws RequestFailedException, IOException, InterruptedException {
        ControlMessage.Hello hello = to.hello();
        if (hello.role() == Role.APPLICATION_IN_PROCESS) {
            return;
        }
        Connection lower = lowerHalf().orElseThrow(() -> new IOException("the proxy is gone"));
        Attach attach = new Attach(processes.visible(hello.pid()), hello.ringDescriptor(), hello.ringBytes());
        lower.ask(attach, Done.class, ATTACH, "the proxy to map the application's memory");
    }
}
