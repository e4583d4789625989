package dev.cryo.streamlog.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnixConnectionTest {
    private static final int BYTES = 3_000_000;

    @TempDir
    private Path folder;

    private Path path;
    private ServerSocketChannel server;

    @BeforeEach
    void listen() throws IOException {
        path = folder.resolve("socket");
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path));
    }

    @AfterEach
    void close() throws IOException {
        server.close();
    }

    /** Both at once, and the other side slower: what does not fit waits. */
    @Test
    void bytesComeAsTheyWereSentInBothDirections() throws Exception {
        byte[] there = random(1);
        byte[] back = random(2);
        try (UnixConnection connection = UnixConnection.to(path);
                SocketChannel other = server.accept()) {
            FutureTask<byte[]> received = begin(() -> readFrom(other));
            FutureTask<byte[]> sent = begin(() -> {
                write(other, back);
                return back;
            });
            FutureTask<byte[]> read = begin(() -> read(connection));
            Random random = new Random(3);
            ByteBuffer from = ByteBuffer.wrap(there);
            while (from.position() < BYTES) {
                from.limit(Math.min(BYTES, from.position() + random.nextInt(200_000)));
                int at = from.position();
                int count = connection.write(from);
                assertThat(from.position()).isEqualTo(at + count);
            }
            assertThat(received.get()).isEqualTo(there);
            assertThat(read.get()).isEqualTo(sent.get());
        }
    }

    @Test
    void aDirectBufferAndAnEmptyOneAreTakenToo() throws Exception {
        try (UnixConnection connection = UnixConnection.to(path);
                SocketChannel other = server.accept()) {
            assertThat(connection.write(ByteBuffer.allocate(0))).isZero();
            assertThat(connection.read(ByteBuffer.allocate(0))).isZero();
            ByteBuffer direct = ByteBuffer.allocateDirect(10).putInt(2, 42).position(2).limit(6);
            assertThat(connection.write(direct)).isEqualTo(4);
            ByteBuffer into = ByteBuffer.allocate(4);
            assertThat(other.read(into)).isEqualTo(4);
            assertThat(into.getInt(0)).isEqualTo(42);
        }
    }

    @Test
    void theEndOfTheOtherSideIsTheEndOrAnError() throws Exception {
        try (UnixConnection connection = UnixConnection.to(path)) {
            server.accept().close();
            assertThat(connection.read(ByteBuffer.allocate(4))).isEqualTo(-1);
            assertThatThrownBy(() -> connection.write(ByteBuffer.allocate(4)))
                    .isInstanceOf(LinuxException.class)
                    .hasMessage("write to a connection: the other side has ended");
        }
    }

    @Test
    void nobodyListensOrNothingIsThere() throws Exception {
        server.close();
        assertThatThrownBy(() -> UnixConnection.to(path)).hasMessage("connect to " + path + ": nobody listens there");
        Path nothing = folder.resolve("nothing");
        assertThatThrownBy(() -> UnixConnection.to(nothing))
                .hasMessage("connect to " + nothing + ": no such file or directory");
        Path longer = folder.resolve("x".repeat(108));
        assertThatThrownBy(() -> UnixConnection.to(longer))
                .hasMessage("connect to " + longer + ", which is longer than 107 bytes: the name is too long");
    }

    @Test
    void whatIsClosedIsNotUsedAndCanBeClosedAgain() throws Exception {
        UnixConnection connection = UnixConnection.to(path);
        assertThat(connection.isOpen()).isTrue();
        connection.close();
        connection.close();
        assertThat(connection.isOpen()).isFalse();
        assertThatThrownBy(() -> connection.read(ByteBuffer.allocate(4))).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> connection.write(ByteBuffer.allocate(4))).isInstanceOf(ClosedChannelException.class);
    }

    private static byte[] random(int seed) {
        byte[] bytes = new byte[BYTES];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static FutureTask<byte[]> begin(Callable<byte[]> work) {
        FutureTask<byte[]> task = new FutureTask<>(work);
        Thread.ofPlatform().daemon().start(task);
        return task;
    }

    private static byte[] read(UnixConnection connection) throws IOException {
        ByteBuffer into = ByteBuffer.allocate(BYTES);
        while (into.hasRemaining()) {
            assertThat(connection.read(into)).isPositive();
        }
        return into.array();
    }

    private static byte[] readFrom(SocketChannel channel) throws IOException, InterruptedException {
        ByteBuffer into = ByteBuffer.allocate(BYTES);
        while (into.hasRemaining()) {
            assertThat(channel.read(into)).isPositive();
            Thread.sleep(1);
        }
        return into.array();
    }

    private static void write(SocketChannel channel, byte[] bytes) throws IOException {
        ByteBuffer from = ByteBuffer.wrap(bytes);
        while (from.hasRemaining()) {
            channel.write(from);
        }
    }
}
