package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.control.ControlClient;
import dev.cryo.streamlog.control.ControlMessage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A half that answers as it is told to, over the true protocol, and behaves around a suspension as the agent does. */
final class FakeHalf implements AutoCloseable {
    final List<ControlMessage> received = new CopyOnWriteArrayList<>();
    private final Path socket;
    private final ControlMessage.Role role;
    private final Function<ControlMessage, @Nullable ControlMessage> answers;
    private final Thread thread;
    private volatile ControlClient client;
    private volatile boolean closed;

    /** @param answers gives the answer to a request; null for none, {@link #HANG_UP} to close the connection */
    FakeHalf(Path socket, ControlMessage.Role role, Function<ControlMessage, @Nullable ControlMessage> answers)
            throws IOException {
        this.socket = socket;
        this.role = role;
        this.answers = answers;
        this.client = connect();
        this.thread = Thread.ofVirtual().start(this::serve);
    }

    static final ControlMessage HANG_UP = new ControlMessage.Failed("hang up");

    private ControlClient connect() throws IOException {
        return ControlClient.connect(socket, role, Duration.ofSeconds(10));
    }

    private void serve() {
        try {
            while (!closed) {
                ControlMessage request = client.read();
                received.add(request);
                ControlMessage answer = answers.apply(request);
                if (answer == HANG_UP) {
                    client.close();
                    return;
                }
                if (answer != null) {
                    client.write(answer);
                }
                if (answer instanceof ControlMessage.Suspended) {
                    client.close();
                    client = connect();
                }
            }
        } catch (IOException e) {
            closed = true; // The other side has ended the connection, which ends this one too.
        }
    }

    boolean got(Class<? extends ControlMessage> type) {
        return received.stream().anyMatch(type::isInstance);
    }

    @Override
    public void close() throws IOException {
        closed = true;
        client.close();
        thread.interrupt();
    }
}
