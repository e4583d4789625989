package dev.cryo.streamlog.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A connection to a unix stream socket, as a blocking channel. The JDK's own sets up its security providers first, for
 * random names that a client never needs: in a JVM that begins that takes it 30 ms.
 *
 * <p>One thread may read while another writes. Closing it while one does is an error of the caller's; an interrupt ends
 * nothing.
 */
public final class UnixConnection implements ByteChannel {
    private static final int MOST_BYTES = 64 << 10;
    private static final long MSG_NOSIGNAL = 0x4000;
    private static final int EINTR = 4;
    private static final CFunction CONNECT = CFunction.of("connect");
    private static final CFunction RECV = CFunction.of("recv");
    private static final CFunction SEND = CFunction.of("send");

    private final int descriptor;
    private final AtomicBoolean closed = new AtomicBoolean();

    private UnixConnection(int descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Connects to who listens at a path.
     *
     * @throws IOException if nobody does
     */
    public static UnixConnection to(Path path) throws IOException {
        UnixConnection connection = new UnixConnection(UnixAddress.socket());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = UnixAddress.of(path, "connect to", arena);
            if ((int) CONNECT.call(connection.descriptor, address.address(), address.byteSize()) != 0) {
                throw new LinuxException("connect to " + path, LibC.errno());
            }
            return connection;
        } catch (IOException | RuntimeException | Error e) {
            connection.close();
            throw e;
        }
    }

    /** Waits for bytes, and takes as many as are there and have room; -1 when the other side has ended. */
    @Override
    public int read(ByteBuffer into) throws IOException {
        int room = Math.min(into.remaining(), MOST_BYTES);
        if (room == 0) {
            return 0;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(room);
            ByteBuffer came = bytes.asByteBuffer(); // Made before: what has come must not be lost for want of memory.
            int count = transfer(RECV, bytes, 0, "read from a connection");
            into.put(came.limit(count));
            return count == 0 ? -1 : count;
        }
    }

    /** Writes some of the bytes, waiting until there is room for any. */
    @Override
    public int write(ByteBuffer from) throws IOException {
        int count = Math.min(from.remaining(), MOST_BYTES);
        if (count == 0) {
            return 0;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(count);
            bytes.asByteBuffer().put(from.slice(from.position(), count));
            int written = transfer(SEND, bytes, MSG_NOSIGNAL, "write to a connection");
            from.position(from.position() + written);
            return written;
        }
    }

    private int transfer(CFunction function, MemorySegment bytes, long flags, String what) throws IOException {
        while (isOpen()) {
            long result = function.call(descriptor, bytes.address(), bytes.byteSize(), flags);
            if (result >= 0) {
                return Math.toIntExact(result);
            }
            if (LibC.errno() != EINTR) {
                throw new LinuxException(what, LibC.errno());
            }
        }
        throw new ClosedChannelException();
    }

    @Override
    public boolean isOpen() {
        return !closed.get();
    }

    /** Ends it; the second time it does nothing. */
    @Override
    public void close() throws IOException {
        if (closed.compareAndSet(false, true)) {
            Descriptors.close(descriptor);
        }
    }
}
