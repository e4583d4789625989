package dev.cryo.proxy.control;

import dev.cryo.streamlog.control.ControlFrames;
import dev.cryo.streamlog.control.ControlMessage;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;

/** A blocking connection to a supervisor. Not thread-safe, but for {@link #close}, which ends a read. */
public final class ControlClient implements AutoCloseable {
    private static final long RETRY_MILLIS = 20;

    private final SocketChannel channel;

    private ControlClient(SocketChannel channel) {
        this.channel = channel;
    }

    /**
     * Connects and says who this is.
     *
     * @param patience how long to try again: the socket has no name while the application is being dumped
     * @throws IOException if nobody listens
     */
    public static ControlClient connect(Path socket, ControlMessage.Role role, Duration patience) throws IOException {
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            try {
                ControlClient client = new ControlClient(open(socket));
                client.write(new ControlMessage.Hello(
                        role, ProcessHandle.current().pid(), Runtime.version().feature(), -1, 0));
                return client;
            } catch (IOException e) {
                if (System.nanoTime() - end >= 0) {
                    throw new IOException("nobody listens on " + socket + ": " + e.getMessage(), e);
                }
            }
            pause();
        }
    }

    private static SocketChannel open(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while connecting", e);
        }
    }

    /** Sends a message. */
    public void write(ControlMessage message) throws IOException {
        ControlFrames.write(channel, message);
    }

    /** Waits for a message. */
    public ControlMessage read() throws IOException {
        return ControlFrames.read(channel);
    }

    /** Ends the connection. */
    @Override
    public void close() throws IOException {
        channel.close();
    }
}
