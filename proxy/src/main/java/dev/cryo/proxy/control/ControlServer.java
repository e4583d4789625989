package dev.cryo.proxy.control;

import dev.cryo.streamlog.control.ControlMessage;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;

/**
 * Listens on the job's unix socket, readable and writable by the owner only. Thread-safe; owns the socket's file and
 * one thread.
 */
public final class ControlServer implements AutoCloseable {
    private final Path socket;
    private final Path hidden;
    private final EventLoopGroup threads;
    private final Channel listening;

    /** Is told what happens, on the server's one thread: must not block. */
    public interface Visitors {
        /** Something has connected and said who it is. */
        void arrived(Connection connection);

        /** A message came that answers no request. */
        void said(Connection connection, ControlMessage message);

        /** A connection that had arrived is closed. */
        void left(Connection connection);

        /** A connection was closed because of what it sent. */
        void refused(String why);
    }

    private ControlServer(Path socket, EventLoopGroup threads, Channel listening) {
        this.socket = socket;
        this.hidden = hidden(socket);
        this.threads = threads;
        this.listening = listening;
    }

    /**
     * Starts to listen; what an earlier supervisor left at the path is replaced.
     *
     * @throws IOException if the socket cannot be made, for example because its path is too long
     */
    public static ControlServer open(Path socket, Visitors visitors) throws IOException {
        InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
        // Netty names channels after the machine's network card and would warn on a machine that has none.
        System.setProperty("io.netty.machineId", "00:00:00:00:00:01");
        Files.deleteIfExists(socket);
        Files.deleteIfExists(hidden(socket));
        EventLoopGroup threads = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            FrameEncoder encoder = new FrameEncoder();
            Channel listening = new ServerBootstrap()
                    .group(threads)
                    .channel(NioServerDomainSocketChannel.class)
                    .childHandler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline().addLast(encoder, new FrameDecoder(), new ConnectionHandler(visitors));
                        }
                    })
                    .bind(UnixDomainSocketAddress.of(socket))
                    .syncUninterruptibly()
                    .channel();
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
            return new ControlServer(socket, threads, listening);
        } catch (Exception e) {
            stop(threads);
            throw new IOException("cannot listen on " + socket + ": " + e.getMessage(), e);
        }
    }

    /**
     * Takes the socket's name away, so that nobody can connect; connections go on. A process that is about to be dumped
     * must not hold a connection, and it tries to connect as soon as it has closed its old one.
     */
    public void hide() throws IOException {
        Files.move(socket, hidden, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Gives the socket its name back. */
    public void show() throws IOException {
        Files.move(hidden, socket, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Ends all connections and removes the socket; the second time it does nothing. */
    @Override
    public void close() throws IOException {
        if (threads.isShuttingDown()) {
            return;
        }
        listening.close().syncUninterruptibly();
        stop(threads);
        Files.deleteIfExists(socket);
        Files.deleteIfExists(hidden);
    }

    private static void stop(EventLoopGroup threads) {
        threads.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
    }

    private static Path hidden(Path socket) {
        return socket.resolveSibling("." + socket.getFileName() + ".hidden");
    }
}
