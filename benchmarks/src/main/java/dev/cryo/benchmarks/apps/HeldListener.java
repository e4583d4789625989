package dev.cryo.benchmarks.apps;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Objects;

/**
 * A TCP socket that listens on a free port of the loopback interface. It is asked for connections in every step, and
 * connected to at the end, or in every step when that is wanted; no connection outlives the step.
 */
final class HeldListener implements OpenFiles.Held {
    private final boolean connectAlways;
    private final ServerSocketChannel listener = ServerSocketChannel.open();
    private final SocketAddress address;

    HeldListener(boolean connectAlways) throws IOException {
        this.connectAlways = connectAlways;
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        listener.configureBlocking(false);
        address = listener.getLocalAddress();
    }

    @Override
    public void step(int step) throws IOException {
        Program.check(address.equals(listener.getLocalAddress()), "the listener moved from " + address);
        Program.check(listener.accept() == null, "the listener has a connection that nobody made");
        if (connectAlways) {
            connect();
        }
    }

    private void connect() throws IOException {
        try (SocketChannel client = SocketChannel.open(address);
                SocketChannel server = Objects.requireNonNull(listener.accept(), "no connection to accept")) {
            client.write(ByteBuffer.wrap(new byte[] {42}));
            ByteBuffer got = ByteBuffer.allocate(1);
            Program.check(server.read(got) == 1 && got.get(0) == 42, "the listener's connection loses bytes");
        }
    }

    @Override
    public void finish(Digest digest) throws IOException {
        connect();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
