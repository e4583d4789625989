package dev.cryo.benchmarks.apps;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A pipe or a pair of local sockets inside the process that is never empty between steps: each step takes bytes out
 * that were put in up to {@value #FILL} bytes ago, and puts as many in again.
 */
final class HeldBytes implements OpenFiles.Held {
    private static final int FILL = 3000;

    private final String name;
    private final WritableByteChannel in;
    private final ReadableByteChannel out;
    private final List<? extends Channel> all;
    private int written;
    private int read;

    private HeldBytes(String name, WritableByteChannel in, ReadableByteChannel out, List<? extends Channel> all)
            throws IOException {
        this.name = name;
        this.in = in;
        this.out = out;
        this.all = all;
        put(FILL);
    }

    static HeldBytes inPipe() throws IOException {
        Pipe pipe = Pipe.open();
        return new HeldBytes("the pipe", pipe.sink(), pipe.source(), List.of(pipe.sink(), pipe.source()));
    }

    static HeldBytes inLocalSocket(Path path) throws IOException {
        Files.deleteIfExists(path);
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(path));
        SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path));
        SocketChannel server = listener.accept();
        return new HeldBytes("the local socket", client, server, List.of(client, server, listener));
    }

    @Override
    public void step(int step) throws IOException {
        int count = 1 + step * 97 % 500;
        ByteBuffer bytes = ByteBuffer.allocate(count);
        while (bytes.hasRemaining()) {
            Program.check(out.read(bytes) > 0, name + " is at its end");
        }
        for (byte actual : bytes.array()) {
            Program.check(actual == value(read), name + " gave " + actual + " at byte " + read);
            read++;
        }
        put(count);
    }

    private void put(int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count);
        while (bytes.hasRemaining()) {
            bytes.put(value(written++));
        }
        bytes.flip();
        while (bytes.hasRemaining()) {
            in.write(bytes);
        }
    }

    private static byte value(int index) {
        return (byte) (index * 7 + index / 256);
    }

    @Override
    public void finish(Digest digest) {
        digest.add(written, read);
    }

    @Override
    public void close() throws IOException {
        for (Channel each : all) {
            each.close();
        }
    }
}
