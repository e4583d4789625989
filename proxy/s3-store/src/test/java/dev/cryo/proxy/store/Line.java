package dev.cryo.proxy.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicLong;

/** A line to a server that breaks: all its connections are cut after so many bytes, in both directions together. */
final class Line implements AutoCloseable {
    private final ServerSocket entrance;
    private final int to;
    private final AtomicLong left = new AtomicLong(Long.MAX_VALUE);
    private final AtomicLong carried = new AtomicLong();

    Line(int to) throws IOException {
        this.to = to;
        this.entrance = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return entrance.getLocalPort();
    }

    /** Lets so many bytes through, and then none, until this is called again. */
    void cutAfter(long bytes) {
        left.set(bytes);
    }

    void mend() {
        left.set(Long.MAX_VALUE);
    }

    long carried() {
        return carried.get();
    }

    private void accept() {
        while (!entrance.isClosed()) {
            try {
                Socket from = entrance.accept();
                if (left.get() <= 0) {
                    from.close();
                    continue;
                }
                Socket server = new Socket(InetAddress.getLoopbackAddress(), to);
                Thread.ofVirtual().start(() -> carry(from, server));
                Thread.ofVirtual().start(() -> carry(server, from));
            } catch (IOException e) {
                continue; // It is closed, or the server is not there: the client finds out.
            }
        }
    }

    private void carry(Socket from, Socket to) {
        byte[] buffer = new byte[16 << 10];
        try (from; to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                if (left.addAndGet(-count) < 0) {
                    return;
                }
                carried.addAndGet(count);
                out.write(buffer, 0, count);
            }
        } catch (IOException e) {
            return; // The other side has gone.
        }
    }

    @Override
    public void close() throws IOException {
        entrance.close();
    }
}
