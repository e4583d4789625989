package dev.cryo.proxy.control;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The job's unix socket, readable and writable by the owner only. Others can connect as soon as it is there, and are
 * served when a {@link ControlServer} takes it over. Thread-safe; owns the socket's file.
 */
public final class ControlSocket implements AutoCloseable {
    /** How many may have connected and wait to be served, as all commands at once do. The kernel has a limit, too. */
    private static final int WAITING = 1024;

    private final Path path;
    private final ServerSocketChannel channel;
    private final AtomicBoolean closed = new AtomicBoolean();

    private ControlSocket(Path path, ServerSocketChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /**
     * Starts to listen; what an earlier supervisor left at the path is replaced.
     *
     * @throws IOException if the socket cannot be made, for example because its path is too long
     */
    public static ControlSocket listen(Path path) throws IOException {
        Files.deleteIfExists(path);
        Files.deleteIfExists(hidden(path));
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.bind(UnixDomainSocketAddress.of(path), WAITING);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
            return new ControlSocket(path, channel);
        } catch (IOException e) {
            channel.close();
            throw new IOException("cannot listen on " + path + ": " + e.getMessage(), e);
        }
    }

    ServerSocketChannel channel() {
        return channel;
    }

    /** Takes the socket's name away, so that nobody can connect; connections go on. */
    void hide() throws IOException {
        Files.move(path, hidden(path), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Gives the socket its name back. */
    void show() throws IOException {
        Files.move(hidden(path), path, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Listens no longer and removes the socket; the second time it does nothing. */
    @Override
    public void close() throws IOException {
        if (closed.compareAndSet(false, true)) { // Later its path may be another run's.
            channel.close();
            Files.deleteIfExists(path);
            Files.deleteIfExists(hidden(path));
        }
    }

    private static Path hidden(Path path) {
        return path.resolveSibling("." + path.getFileName() + ".hidden");
    }
}
