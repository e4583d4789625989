package dev.cryo.streamlog.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.Charset;
import java.nio.file.Path;

/** A unix stream socket and its address, as the C library takes it. */
final class UnixAddress {
    private static final long AF_UNIX = 1;
    private static final long STREAM_CLOEXEC = 1 | 02000000;
    private static final int PATH_MAX = 107;
    private static final int ENAMETOOLONG = 36;
    /** In which the JDK writes paths. */
    private static final Charset ENCODING = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

    private static final CFunction SOCKET = CFunction.of("socket");

    private UnixAddress() {}

    /** A new socket's descriptor. */
    static int socket() throws LinuxException {
        return Descriptors.checked(SOCKET.call(AF_UNIX, STREAM_CLOEXEC, 0), "open a socket");
    }

    /**
     * The address of a path: struct sockaddr_un.
     *
     * @param what is to be done with it, for messages
     */
    static MemorySegment of(Path path, String what, Arena arena) throws LinuxException {
        byte[] name = path.toString().getBytes(ENCODING);
        if (name.length > PATH_MAX) {
            throw new LinuxException(
                    what + " " + path + ", which is longer than " + PATH_MAX + " bytes", ENAMETOOLONG);
        }
        MemorySegment address = arena.allocate(2 + PATH_MAX + 1, 8);
        address.set(JAVA_SHORT, 0, (short) AF_UNIX);
        MemorySegment.copy(name, 0, address, JAVA_BYTE, 2, name.length);
        return address;
    }
}
