package dev.cryo.upper.fake;

import dev.cryo.streamlog.control.ControlFrames;
import dev.cryo.streamlog.control.ControlMessage;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The other end of the control socket, driven by a test. For one thread. */
public final class Supervisor implements AutoCloseable {
    private final ServerSocketChannel server;
    private @Nullable SocketChannel connection;

    /** Listens. */
    public Supervisor(Path socket) throws IOException {
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
    }

    /** Waits for a connection and returns its first message. */
    public ControlMessage.Hello accept() throws IOException {
        connection = server.accept();
        return (ControlMessage.Hello) read();
    }

    /** Sends a message. */
    public void write(ControlMessage message) throws IOException {
        ControlFrames.write(Objects.requireNonNull(connection), message);
    }

    /** Waits for a message. */
    public ControlMessage read() throws IOException {
        return ControlFrames.read(Objects.requireNonNull(connection));
    }

    /** Sends a message and waits for the next. */
    public ControlMessage ask(ControlMessage request) throws IOException {
        write(request);
        return read();
    }

    /** Ends the connection. */
    public void hangUp() throws IOException {
        Objects.requireNonNull(connection).close();
    }

    @Override
    public void close() throws IOException {
        if (connection != null) {
            connection.close();
        }
        server.close();
    }
}
