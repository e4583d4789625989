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
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Serves the job's socket. Thread-safe; owns the socket and one thread. */
public final class ControlServer implements AutoCloseable {
    private final ControlSocket socket;
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

    private ControlServer(ControlSocket socket, EventLoopGroup threads, Channel listening) {
        this.socket = socket;
        this.threads = threads;
        this.listening = listening;
    }

    /**
     * Serves those who have connected to a socket, and who will.
     *
     * @param socket the server's from now on, also when this fails
     */
    public static ControlServer open(ControlSocket socket, Visitors visitors) throws IOException {
        EventLoopGroup threads = oneThread();
        try {
            FrameEncoder encoder = new FrameEncoder();
            Channel listening = serve(socket.channel(), threads, channel -> channel.pipeline()
                    .addLast(encoder, new FrameDecoder(), new ConnectionHandler(visitors)));
            return new ControlServer(socket, threads, listening);
        } catch (Exception e) { // Netty throws checked ones unchecked.
            try (socket) {
                stop(threads);
            }
            throw e;
        }
    }

    private static EventLoopGroup oneThread() {
        InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
        // Netty names channels after the machine's network card and would warn on a machine that has none.
        System.setProperty("io.netty.machineId", "00:00:00:00:00:01");
        return new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    }

    private static Channel serve(ServerSocketChannel listening, EventLoopGroup threads, Consumer<Channel> welcome) {
        return new ServerBootstrap()
                .group(threads)
                .channelFactory(() -> new NioServerDomainSocketChannel(listening))
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        welcome.accept(channel);
                    }
                })
                .register()
                .syncUninterruptibly()
                .channel();
    }

    /** Makes ready what a server needs: in a JVM that begins it takes a tenth of a second. */
    public static void rehearse() throws IOException {
        ServerSocketChannel nobody = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        EventLoopGroup threads = oneThread();
        try (nobody) {
            serve(nobody, threads, channel -> {}).close().syncUninterruptibly();
        } finally {
            stop(threads);
        }
    }

    /**
     * Takes the socket's name away, so that nobody can connect; connections go on. A process that is about to be dumped
     * must not hold a connection, and it tries to connect as soon as it has closed its old one.
     */
    public void hide() throws IOException {
        socket.hide();
    }

    /** Gives the socket its name back. */
    public void show() throws IOException {
        socket.show();
    }

    /** Ends all connections and removes the socket; the second time it does nothing. */
    @Override
    public void close() throws IOException {
        if (threads.isShuttingDown()) {
            return;
        }
        try (socket) {
            listening.close().syncUninterruptibly();
            stop(threads);
        }
    }

    private static void stop(EventLoopGroup threads) {
        threads.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
    }
}
