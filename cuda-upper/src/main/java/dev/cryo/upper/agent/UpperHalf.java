package dev.cryo.upper.agent;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.control.Rehearsal;
import dev.cryo.streamlog.log.StreamLog;
import dev.cryo.streamlog.ring.RingClient;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.UnifiedPages;
import dev.cryo.upper.entry.Bridge;
import dev.cryo.upper.entry.crac.Core;
import dev.cryo.upper.gate.CheckpointClient;
import dev.cryo.upper.gate.CheckpointGate;
import dev.cryo.upper.gate.CheckpointRequests;
import java.io.File;
import java.io.IOException;
import java.lang.instrument.Instrumentation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Starts the upper half in an application's JVM. */
public final class UpperHalf {
    private static final String CONTROL_SOCKET = "control.sock";
    private static final String CRAC_PROVIDER = "org.crac.Core.Compat";
    private static final Duration WELCOME_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration CHECKPOINT_TIMEOUT = Duration.ofMinutes(10);

    private final AgentArguments arguments;
    private final StreamLog log = new StreamLog();
    private final CompletableFuture<CheckpointClient> client = new CompletableFuture<>();

    private UpperHalf(AgentArguments arguments) {
        this.arguments = arguments;
    }

    /**
     * Starts the upper half; returns when the application may start.
     *
     * @param folder where the agent's jars are
     * @param argument the agent's argument
     */
    public static void start(File folder, @Nullable String argument, Instrumentation instrumentation)
            throws IOException, InterruptedException {
        UpperHalf upperHalf = new UpperHalf(AgentArguments.parse(argument));
        NativeAccess.enable(instrumentation);
        // Before the first of the application's classes could ask for it.
        System.setProperty(CRAC_PROVIDER, Core.class.getPackageName());
        if (upperHalf.arguments.inProcess()) {
            upperHalf.startInProcess(folder.toPath(), instrumentation);
        } else {
            upperHalf.startBesideProxy(instrumentation);
        }
    }

    private void startBesideProxy(Instrumentation instrumentation) throws IOException, InterruptedException {
        RingClient ring = RingClient.create(log::append);
        ControlMessage.Hello hello =
                hello(ControlMessage.Role.APPLICATION, ring.descriptor(), ring.bytes());
        ShadowPages pages = new ShadowPages(ring, arguments.unifiedMemory());
        Cuda cuda = new Cuda(ring, SharedHostMemory::map, pages);
        CheckpointGate gate = new UnifiedGate(CheckpointGate.of(ring), cuda.unifiedMemory(), pages);
        run(cuda, gate, hello, UpperHalf::refuse, instrumentation);
    }

    private void startInProcess(Path folder, Instrumentation instrumentation)
            throws IOException, InterruptedException {
        Consumer<Call> logger = arguments.noLog() ? call -> {} : log::append;
        InProcess lowerHalf = InProcess.open(folder, arguments.device(), logger);
        ControlMessage.Hello hello = hello(ControlMessage.Role.APPLICATION_IN_PROCESS, -1, 0);
        Cuda cuda = new Cuda(lowerHalf.channel(), SharedHostMemory::map, UnifiedPages.SHARED);
        lowerHalf.lowerHalf().onContentsLost(why -> client.join().contentsLost(why));
        run(cuda, lowerHalf.channel(), hello, lowerHalf::handle, instrumentation);
    }

    private static ControlMessage.Hello hello(ControlMessage.Role role, int descriptor, long bytes) {
        return new ControlMessage.Hello(
                role, ProcessHandle.current().pid(), Runtime.version().feature(), descriptor, bytes);
    }

    private static ControlMessage refuse(ControlMessage request) {
        return new ControlMessage.Failed(
                request.getClass().getSimpleName() + ": the application has no lower half in its process");
    }

    private void run(
            Cuda cuda,
            CheckpointGate gate,
            ControlMessage.Hello hello,
            Function<ControlMessage, ControlMessage> lowerHalf,
            Instrumentation instrumentation)
            throws IOException, InterruptedException {
        Bridge.connect(new Bindings(cuda)::link);
        instrumentation.addTransformer(new JCudaRewriter());
        if (arguments.job().isEmpty()) {
            return;
        }
        CheckpointClient made = new CheckpointClient(
                arguments.job().get().resolve(CONTROL_SOCKET),
                hello,
                gate,
                log,
                new CracResources(Core.getGlobalContext()),
                lowerHalf,
                new Rebuilding(cuda, log));
        client.complete(made);
        made.start(WELCOME_TIMEOUT);
        Core.connect(() -> checkpoint(made));
        Rehearsal.start(made::rehearse);
    }

    private static Core.Outcome checkpoint(CheckpointClient client) {
        try {
            CheckpointRequests.Outcome outcome = client.checkpoint(CHECKPOINT_TIMEOUT);
            return new Core.Outcome(outcome.taken(), outcome.failures());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Core.Outcome(false, List.of(e));
        }
    }
}
