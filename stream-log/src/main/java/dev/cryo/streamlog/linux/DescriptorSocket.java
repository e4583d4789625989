package dev.cryo.streamlog.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * A listening unix stream socket, or a connection to it, over which descriptors come. The JDK's own cannot receive any.
 * For one thread.
 */
public final class DescriptorSocket implements AutoCloseable {
    private static final long CLOEXEC = 02000000;
    private static final long MSG_WAITALL = 0x100;
    private static final long MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int EINTR = 4;

    private static final CFunction BIND = CFunction.of("bind");
    private static final CFunction LISTEN = CFunction.of("listen");
    private static final CFunction ACCEPT = CFunction.of("accept4");
    private static final CFunction RECVMSG = CFunction.of("recvmsg");

    private final int descriptor;

    /** What was received: as many bytes as asked for or, at the end, fewer. */
    public record Received(byte[] bytes, OptionalInt descriptor) {}

    private DescriptorSocket(int descriptor) {
        this.descriptor = descriptor;
    }

    /** Listens at a path where there is nothing yet. */
    public static DescriptorSocket listen(Path path) throws LinuxException {
        DescriptorSocket socket = new DescriptorSocket(UnixAddress.socket());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = UnixAddress.of(path, "listen at", arena);
            if ((int) BIND.call(socket.descriptor, address.address(), address.byteSize()) != 0
                    || (int) LISTEN.call(socket.descriptor, 1) != 0) {
                throw new LinuxException("listen at " + path, LibC.errno());
            }
            return socket;
        } catch (LinuxException | RuntimeException | Error e) {
            socket.close();
            throw e;
        }
    }

    /** Waits for a connection. */
    public DescriptorSocket accept() throws LinuxException {
        return new DescriptorSocket(
                Descriptors.checked(ACCEPT.call(descriptor, 0, 0, CLOEXEC), "accept a connection"));
    }

    /** The descriptor's number. */
    public int descriptor() {
        return descriptor;
    }

    /** Waits for bytes, and takes the descriptor that comes with them, if one does. */
    public Received receive(int count) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(count, 8);
            MemorySegment control = arena.allocate(24, 8); // struct cmsghdr: length, level at 8, type at 12; then data
            MemorySegment vector = arena.allocate(16, 8);
            vector.set(JAVA_LONG, 0, bytes.address());
            vector.set(JAVA_LONG, 8, count);
            MemorySegment header = arena.allocate(56, 8); // struct msghdr
            header.set(JAVA_LONG, 16, vector.address());
            header.set(JAVA_LONG, 24, 1);
            header.set(JAVA_LONG, 32, control.address());
            header.set(JAVA_LONG, 40, control.byteSize());
            int received = receive(header);
            boolean has = header.get(JAVA_LONG, 40) >= 20
                    && control.get(JAVA_INT, 8) == SOL_SOCKET
                    && control.get(JAVA_INT, 12) == SCM_RIGHTS;
            return new Received(
                    bytes.asSlice(0, received).toArray(JAVA_BYTE),
                    has ? OptionalInt.of(control.get(JAVA_INT, 16)) : OptionalInt.empty());
        }
    }

    private int receive(MemorySegment header) throws LinuxException {
        while (true) {
            long result = RECVMSG.call(descriptor, header.address(), MSG_WAITALL | MSG_CMSG_CLOEXEC);
            if (result >= 0) {
                return (int) result;
            }
            if (LibC.errno() != EINTR) {
                throw new LinuxException("receive a descriptor", LibC.errno());
            }
        }
    }

    @Override
    public void close() throws LinuxException {
        Descriptors.close(descriptor);
    }
}
