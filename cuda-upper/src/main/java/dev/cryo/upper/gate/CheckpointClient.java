package dev.cryo.upper.gate;

import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.log.LogCodec;
import dev.cryo.streamlog.log.StreamLog;
import dev.cryo.streamlog.ring.RingClient;
import dev.cryo.upper.cuda.Notices;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Answers the supervisor. Runs on a daemon thread of its own from {@link #start} on, until the process ends.
 *
 * <pre>
 *   RUNNING --Gate--> GATED --Suspend--> SUSPENDED --Welcome--> PROCEEDING --told--> RUNNING
 *                     GATED --Resume, connection lost, gate not quiet in time--> PROCEEDING
 * </pre>
 */
public final class CheckpointClient {
    private static final Duration RETRY = Duration.ofMillis(10);
    /** How often is looked whether the calls that the gate waits for are still answered by somebody. */
    private static final Duration LOOK = Duration.ofMillis(100);

    /** After a checkpoint the supervisor answers in the end, or is gone; a frozen process does not try. */
    private static final int RETRIES = 6000;

    private static final int RETRIES_RUNNING = 200;
    /** How long the supervisor has to end an application that cannot go on. */
    private static final Duration END = Duration.ofSeconds(10);

    private static final int LOST = 70;
    /** Made beforehand: there is no memory for it when it is needed. */
    private static final ControlMessage USED_UP = new ControlMessage.Failed("the application's memory is used up");

    private final Path socket;
    private final ControlMessage.Hello hello;
    private final CheckpointGate gate;
    private final StreamLog log;
    private final CheckpointResources resources;
    private final Function<ControlMessage, ControlMessage> lowerHalf;
    private final Welcomed welcomed;
    private final CheckpointRequests requests = new CheckpointRequests();
    private final CompletableFuture<ControlMessage.Welcome> firstWelcome = new CompletableFuture<>();
    /** Null while there is none. */
    private volatile @Nullable ControlConnection opened;
    /** The same once the application was welcomed. */
    private volatile @Nullable ControlConnection connection;
    private volatile State state = State.RUNNING;
    /** The thread that is about to answer an earlier request; used by the thread that reads. */
    private @Nullable Thread persisting;
    /** What came while the gate was being closed; the same. */
    private @Nullable ControlMessage early;

    private enum State {
        RUNNING,
        GATED,
        SUSPENDED,
        /** The application goes on, and the supervisor has yet to be told. */
        PROCEEDING
    }

    /** Takes over what an earlier process had, before the application goes on. */
    public interface Welcomed {
        /** Maps the page-locked memory that a log has. */
        void map(byte[] log) throws IOException;

        /** Rebuilds what the log says; it is empty where there is nothing to rebuild. */
        void rebuild(ControlMessage.Outcome outcome, byte[] log) throws IOException;
    }

    /**
     * A client that is not connected yet.
     *
     * @param socket the supervisor's
     * @param lowerHalf answers requests to a lower half in this process; refuses where there is none
     */
    public CheckpointClient(
            Path socket,
            ControlMessage.Hello hello,
            CheckpointGate gate,
            StreamLog log,
            CheckpointResources resources,
            Function<ControlMessage, ControlMessage> lowerHalf,
            Welcomed welcomed) {
        this.socket = socket;
        this.hello = hello;
        this.gate = gate;
        this.log = log;
        this.resources = resources;
        this.lowerHalf = lowerHalf;
        this.welcomed = welcomed;
    }

    /** Closes and opens a gate as a checkpoint does, but one that nobody's calls pass through. */
    public void rehearse() {
        try (RingClient ring = RingClient.create(call -> { })) {
            CheckpointClient other = new CheckpointClient(
                    socket, hello, CheckpointGate.of(ring), log, resources.unregistered(), lowerHalf, welcomed);
            ControlMessage gated = other.answer(new ControlMessage.Gate(0));
            ControlMessage running = other.answer(new ControlMessage.Resume(""));
            if (!(gated instanceof ControlMessage.Gated && running instanceof ControlMessage.Running)) {
                throw new IllegalStateException("a gate without calls was answered " + gated + ", " + running);
            }
        } catch (IOException e) {
            Notices.say("the first checkpoint will take longer: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Connects, and returns how the application comes to be running once its lower half can be called. */
    public ControlMessage.Outcome start(Duration timeout) throws IOException, InterruptedException {
        Thread.ofPlatform().name("cryo-control").daemon().start(this::run);
        try {
            return firstWelcome.get(timeout.toMillis(), TimeUnit.MILLISECONDS).outcome();
        } catch (TimeoutException e) {
            throw new IOException("waited " + timeout.toSeconds() + " s for the supervisor at " + socket, e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException cause ? cause : new IOException(e);
        }
    }

    /** Asks for a checkpoint on the application's behalf and waits until it goes on after it. */
    public CheckpointRequests.Outcome checkpoint(Duration timeout) throws InterruptedException {
        return requests.request(timeout, () -> {
            ControlConnection open = awaitConnection(timeout);
            if (open == null) {
                throw new IOException("the supervisor is not connected");
            }
            open.write(new ControlMessage.CheckpointWanted());
        });
    }

    /** The connection, once no checkpoint is under way; null if that does not come true in time. */
    private @Nullable ControlConnection awaitConnection(Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (connection == null || state != State.RUNNING) {
            if (System.nanoTime() - deadline > 0 || Thread.currentThread().isInterrupted()) {
                return null;
            }
            sleep();
        }
        return connection;
    }

    /**
     * Tells the supervisor that contents of a lower half in this process are lost, and waits for the end: nothing may
     * be computed any more. Ends the process itself if the supervisor does not.
     */
    public void contentsLost(String why) {
        try {
            ControlConnection told = opened;
            if (told == null) {
                throw new IOException("the supervisor is not connected");
            }
            told.write(new ControlMessage.ContentsLost(why));
            Thread.sleep(END);
        } catch (IOException e) {
            Notices.say("the application is ended, and the supervisor cannot be told (" + e.getMessage() + "): " + why);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(LOST);
    }

    private void run() {
        int failures = 0;
        while (true) {
            try (ControlConnection made = ControlConnection.open(socket, hello)) {
                opened = made;
                early = null;
                welcome(made);
                failures = 0;
                serve(made);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (Exception | VirtualMachineError e) {
                // Errors too, as of a full heap, which is the application's: this thread must outlive them.
                failures++;
                failedFor(e, failures);
            } finally {
                opened = null;
                connection = null;
            }
            sleep();
        }
    }

    private void failedFor(Throwable why, int failures) {
        while (true) {
            try {
                failed(why, failures);
                return;
            } catch (VirtualMachineError e) {
                // Again, until there is memory for it: it may have to open the gate.
                why = e;
            }
            sleep();
        }
    }

    /** Decides what a lost connection, or one that cannot be made, means. */
    private void failed(Throwable why, int failures) {
        firstWelcome.completeExceptionally(
                new IOException("the supervisor cannot be reached at " + socket + ": " + why.getMessage(), why));
        switch (state) {
            case RUNNING, PROCEEDING -> {
                state = State.RUNNING;
                if (failures == RETRIES_RUNNING) {
                    // A proxy ends with its supervisor, and calls to it would wait forever. Nor may a job run on that
                    // nobody can save or end, beside another that was restarted from its image.
                    Notices.say("the supervisor is gone and with it the lower half: " + why.getMessage());
                    gate.lost();
                }
            }
            case GATED -> {
                Notices.say("the supervisor is gone during a checkpoint; the application runs on");
                proceed(List.of(why));
                state = State.RUNNING;
            }
            case SUSPENDED -> {
                if (failures > RETRIES) {
                    Notices.say("the supervisor is gone and with it the lower half: " + why.getMessage());
                    gate.lost();
                    proceed(List.of(why));
                    state = State.RUNNING;
                }
            }
        }
    }

    private static void sleep() {
        try {
            Thread.sleep(RETRY);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void welcome(ControlConnection opened) throws IOException {
        ControlMessage.Welcome welcome = awaitWelcome(opened);
        welcomed.rebuild(welcome.outcome(), welcome.log());
        if (state == State.SUSPENDED) {
            proceed(List.of());
            opened.write(new ControlMessage.Running());
            state = State.RUNNING;
        }
        connection = opened;
        firstWelcome.complete(welcome);
    }

    /** What holds a lower half is asked to restore it before the welcome. */
    private ControlMessage.Welcome awaitWelcome(ControlConnection opened) throws IOException {
        while (true) {
            switch (opened.read()) {
                case ControlMessage.Welcome welcome -> {
                    return welcome;
                }
                case ControlMessage.Failed it -> throw new IOException(it.message());
                // Told and not asked: an answer would be taken for that to the welcome.
                case ControlMessage.LowerHalfLost it -> lost(it);
                case ControlMessage.Adopt it -> opened.write(adopt(it));
                // All else is for a lower half.
                case ControlMessage request -> opened.write(lowerHalf.apply(request));
            }
        }
    }

    private ControlMessage adopt(ControlMessage.Adopt request) {
        try {
            welcomed.map(request.log());
            return new ControlMessage.Done();
        } catch (IOException e) {
            return new ControlMessage.Failed(e.toString());
        }
    }

    private void serve(ControlConnection opened) throws IOException, InterruptedException {
        ControlMessage request = null;
        VirtualMachineError trouble = null;
        boolean pause = false;
        while (state != State.SUSPENDED) {
            try {
                if (pause) {
                    sleep();
                }
                request = request == null ? next(opened) : request;
                if (persisting != null) {
                    // Answers are told apart by their order alone.
                    persisting.join();
                    persisting = null;
                }
                ControlMessage answer = trouble == null ? answer(request) : answerAfter(trouble, request);
                if (answer != null) {
                    opened.write(answer);
                }
                request = null;
                trouble = null;
                pause = false;
                if (state == State.PROCEEDING) {
                    state = State.RUNNING;
                }
            } catch (VirtualMachineError e) {
                // The heap is the application's: when it is full this thread fails too. It must not leave the
                // supervisor for that, who takes an application that comes anew for another one.
                trouble = request == null ? null : e;
                pause = true;
            }
        }
    }

    private ControlMessage next(ControlConnection opened) throws IOException {
        ControlMessage next = early;
        early = null;
        return next == null ? opened.read() : next;
    }

    /** Answers a request whose first answer failed: a checkpoint is given up, all else is done again. */
    private @Nullable ControlMessage answerAfter(VirtualMachineError trouble, ControlMessage request)
            throws IOException, InterruptedException {
        if (!(request instanceof ControlMessage.Gate)) {
            return answer(request);
        }
        if (state != State.RUNNING) {
            proceed(List.of(trouble));
        }
        return new ControlMessage.Failed("the application's memory is used up: " + trouble);
    }

    private @Nullable ControlMessage answer(ControlMessage request) throws IOException, InterruptedException {
        switch (request) {
            case ControlMessage.Gate it -> {
                return gate(Duration.ofMillis(it.timeoutMillis()));
            }
            case ControlMessage.Suspend it -> {
                return suspend();
            }
            case ControlMessage.Resume it -> {
                proceed(it.failure().isEmpty() ? List.of() : List.of(new IOException(it.failure())));
                return new ControlMessage.Running();
            }
            case ControlMessage.LowerHalfLost it -> {
                lost(it);
                return null;
            }
            // The supervisor is not sure whether the first one arrived.
            case ControlMessage.Welcome it -> {
                return new ControlMessage.Running();
            }
            case ControlMessage.Failed it -> {
                requests.failed(List.of(new IOException(it.message())));
                return null;
            }
            case ControlMessage.Persist it -> {
                // Takes long, and the application must go on meanwhile.
                persisting = Thread.ofPlatform().name("cryo-persist").daemon().start(() -> persist(it));
                return null;
            }
            // All else is for a lower half.
            default -> {
                return lowerHalf.apply(request);
            }
        }
    }

    private ControlMessage suspend() {
        try {
            gate.suspend();
        } catch (IOException e) {
            return new ControlMessage.Failed("the application cannot be made ready for a dump: " + e.getMessage());
        }
        state = State.SUSPENDED;
        return new ControlMessage.Suspended();
    }

    private void lost(ControlMessage.LowerHalfLost message) {
        Notices.say("the lower half is gone: " + message.why());
        gate.lost();
    }

    private void persist(ControlMessage.Persist request) {
        ControlMessage answer;
        try {
            answer = lowerHalf.apply(request);
        } catch (VirtualMachineError e) {
            answer = USED_UP;
        }
        tell(answer);
    }

    /** As often as it takes: were a request left without an answer, the next one's would be taken for it. */
    private void tell(ControlMessage answer) {
        while (true) {
            try {
                ControlConnection open = connection;
                if (open != null) {
                    open.write(answer);
                }
                return;
            } catch (VirtualMachineError e) {
                sleep(); // The heap is the application's.
            } catch (IOException e) {
                Notices.say("the supervisor left before it was told of the image: " + e.getMessage());
                return;
            }
        }
    }

    private ControlMessage gate(Duration timeout) throws IOException, InterruptedException {
        if (state == State.GATED) {
            return new ControlMessage.Failed("the gate is closed already");
        }
        requests.begun();
        state = State.GATED;
        List<Throwable> refusals = resources.beforeCheckpoint();
        if (!refusals.isEmpty()) {
            proceed(refusals);
            return new ControlMessage.Failed("a resource of the application refused: " + refusals.getFirst());
        }
        gate.close();
        long deadline = System.nanoTime() + timeout.toNanos();
        boolean quiet = gate.awaitQuiet(LOOK.compareTo(timeout) < 0 ? LOOK : timeout);
        boolean lost = false;
        while (!quiet && !lost && System.nanoTime() - deadline < 0) {
            lost = hearOfLoss();
            quiet = !lost && gate.awaitQuiet(LOOK);
        }
        if (quiet) {
            return new ControlMessage.Gated(LogCodec.encode(log.calls()), resources.told());
        }
        String why = lost
                ? "the lower half is gone"
                : "after " + timeout.toMillis() + " ms the application still waits for work of the device";
        proceed(List.of(new IOException(why)));
        return new ControlMessage.Failed(why);
    }

    /** Whether the supervisor tells that the lower half is gone, so that no call will be answered any more. */
    private boolean hearOfLoss() throws IOException {
        ControlConnection open = opened;
        ControlMessage told = open == null || early != null ? null : open.poll();
        if (told instanceof ControlMessage.LowerHalfLost loss) {
            lost(loss);
            return true;
        }
        early = told == null ? early : told;
        return false;
    }

    /** Lets the application go on, after a checkpoint or after one that failed. */
    private void proceed(List<? extends Throwable> failures) {
        state = State.PROCEEDING;
        gate.open();
        List<Throwable> afterwards = resources.afterRestore();
        afterwards.forEach(e -> Notices.say("a resource of the application failed after the checkpoint: " + e));
        if (failures.isEmpty()) {
            requests.ended(afterwards);
        } else {
            requests.failed(failures);
        }
    }
}
