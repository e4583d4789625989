package dev.cryo.upper.gate;

import dev.cryo.streamlog.control.ControlFrames;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.control.FrameReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A connection to the supervisor. Read by one thread; written by any. */
final class ControlConnection implements AutoCloseable {
    private final SocketChannel channel;
    private final FrameReader reader;

    private ControlConnection(SocketChannel channel) {
        this.channel = channel;
        this.reader = new FrameReader(channel);
    }

    /** Connects and says who this is. */
    static ControlConnection open(Path socket, ControlMessage.Hello hello) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            ControlConnection connection = new ControlConnection(channel);
            connection.write(hello);
            return connection;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Waits for a message; can be tried again after an error of the virtual machine. */
    ControlMessage read() throws IOException {
        return reader.read();
    }

    /** A message that has come already, or null. For the thread that reads. */
    @Nullable ControlMessage poll() throws IOException {
        channel.configureBlocking(false);
        try {
            return reader.poll();
        } finally {
            channel.configureBlocking(true);
        }
    }

    synchronized void write(ControlMessage message) throws IOException {
        ControlFrames.write(channel, message);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
