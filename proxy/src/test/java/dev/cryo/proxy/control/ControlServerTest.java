package dev.cryo.proxy.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.proxy.control.RequestFailedException.Reason;
import dev.cryo.streamlog.control.ControlFrames;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.control.ControlMessage.Done;
import dev.cryo.streamlog.control.ControlMessage.Drain;
import dev.cryo.streamlog.control.ControlMessage.EndJob;
import dev.cryo.streamlog.control.ControlMessage.Failed;
import dev.cryo.streamlog.control.ControlMessage.Gate;
import dev.cryo.streamlog.control.ControlMessage.Gated;
import dev.cryo.streamlog.control.ControlMessage.Hello;
import dev.cryo.streamlog.control.ControlMessage.Resume;
import dev.cryo.streamlog.control.ControlMessage.Role;
import dev.cryo.streamlog.control.ControlMessage.Running;
import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ControlServerTest {
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final Duration LONG = Duration.ofSeconds(10);

    @TempDir
    Path folder;

    private Path socket;
    private ControlServer server;
    private final BlockingQueue<Connection> arrived = new LinkedBlockingQueue<>();
    private final BlockingQueue<Connection> left = new LinkedBlockingQueue<>();
    private final BlockingQueue<ControlMessage> said = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> refused = new LinkedBlockingQueue<>();

    private final ControlServer.Visitors visitors = new ControlServer.Visitors() {
        @Override
        public void arrived(Connection connection) {
            arrived.add(connection);
        }

        @Override
        public void said(Connection connection, ControlMessage message) {
            said.add(message);
        }

        @Override
        public void left(Connection connection) {
            left.add(connection);
        }

        @Override
        public void refused(String why) {
            refused.add(why);
        }
    };

    @BeforeEach
    void listen() throws IOException {
        socket = folder.resolve("control.sock");
        server = ControlServer.open(ControlSocket.listen(socket), visitors);
    }

    @AfterEach
    void close() throws IOException {
        server.close();
    }

    @Test
    void onlyTheOwnerCanReachTheSocket() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket))).isEqualTo("rw-------");
    }

    @Test
    void closingRemovesTheSocket() throws IOException {
        server.close();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void whoHasConnectedBeforeIsServed() throws Exception {
        Path early = folder.resolve("early.sock");
        ControlSocket listening = ControlSocket.listen(early);
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(early))) {
            ControlFrames.write(channel, new Hello(Role.PROXY, 7, 25, -1, 0));
            try (ControlServer served = ControlServer.open(listening, visitors)) {
                assertThat(next(arrived).hello().pid()).isEqualTo(7);
                assertThat(early).exists();
            }
        }
        assertThat(early).doesNotExist();
    }

    @Test
    void aSocketThatIsClosedTwiceLeavesALaterOneAlone() throws IOException {
        Path path = folder.resolve("again.sock");
        ControlSocket first = ControlSocket.listen(path);
        first.close();
        assertThat(path).doesNotExist();
        try (ControlSocket second = ControlSocket.listen(path)) {
            first.close();
            assertThat(path).exists();
        }
    }

    @Test
    void aSocketWhosePathIsTooLongIsNamed() {
        Path path = folder.resolve("x".repeat(120));
        assertThatThrownBy(() -> ControlSocket.listen(path))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("cannot listen on " + path + ": ");
    }

    @Test
    void aRequestGetsItsAnswer() throws Exception {
        try (ControlClient client = connect(Role.APPLICATION)) {
            Connection connection = next(arrived);
            assertThat(connection.hello().pid()).isEqualTo(ProcessHandle.current().pid());
            answering(client, new Gated(new byte[] {1, 2}, 0));
            Gated gated = connection.ask(new Gate(5), Gated.class, LONG, "the gate");
            assertThat(gated.log()).containsExactly(1, 2);
        }
        assertThat(next(left).isOpen()).isFalse();
    }

    @Test
    void aRefusalCarriesTheOtherSidesWords() throws Exception {
        try (ControlClient client = connect(Role.PROXY)) {
            answering(client, new Failed("kernel spin still runs"));
            assertFails(next(arrived), Reason.REFUSED, "kernel spin still runs");
        }
    }

    @Test
    void anotherAnswerIsNamed() throws Exception {
        try (ControlClient client = connect(Role.PROXY)) {
            answering(client, new Running());
            assertFails(next(arrived), Reason.UNEXPECTED, "the proxy answered Drain by Running");
        }
    }

    @Test
    void aLateAnswerIsNotTakenForTheNextOne() throws Exception {
        try (ControlClient client = connect(Role.APPLICATION)) {
            Connection connection = next(arrived);
            assertThatThrownBy(() -> connection.ask(new Gate(5), Gated.class, SHORT, "the gate to close"))
                    .hasMessage("waited 0.2 s for the gate to close");
            answering(client, new Gated(new byte[0], 0), new Running());
            connection.ask(new Resume(), Running.class, LONG, "the gate to open");
        }
    }

    @Test
    void aClosedConnectionFailsWhatWaits() throws Exception {
        ControlClient client = connect(Role.PROXY);
        Connection connection = next(arrived);
        Thread.ofVirtual().start(() -> {
            try {
                client.read();
                client.close();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        String expected = "the proxy has closed its control connection, while waiting for work";
        assertFails(connection, Reason.DISCONNECTED, expected);
        assertFails(connection, Reason.DISCONNECTED, expected);
    }

    @Test
    void whatWasNotAskedForReachesTheVisitors() throws Exception {
        try (ControlClient client = connect(Role.COMMAND)) {
            client.write(new EndJob());
            assertThat(next(said)).isEqualTo(new EndJob());
            next(arrived).tell(new Done());
            assertThat(client.read()).isEqualTo(new Done());
        }
    }

    @Test
    void nobodyCanConnectWhileTheSocketIsHidden() throws Exception {
        try (ControlClient client = connect(Role.PROXY)) {
            Connection connection = next(arrived);
            server.hide();
            assertThatThrownBy(() -> ControlClient.connect(socket, Role.APPLICATION, Duration.ZERO))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("nobody listens on " + socket);
            answering(client, new Done());
            connection.ask(new Drain(1), Done.class, LONG, "work");
            server.show();
            connect(Role.APPLICATION).close();
        }
    }

    @Test
    void anApplicationCannotSpeakBeforeHello() throws Exception {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            ControlFrames.write(channel, new EndJob());
            assertThat(next(refused)).contains("first message is EndJob, not Hello");
            assertThatThrownBy(() -> ControlFrames.read(channel)).isInstanceOf(EOFException.class);
        }
        assertThat(said).isEmpty();
    }

    @Test
    void aFirstFrameThatClaimsAGigabyteIsRefused() throws Exception {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            channel.write(ByteBuffer.wrap(new byte[] {0, 0, 0, 0x3f}));
            assertThat(next(refused)).contains("expected a frame of 4 to 1024 bytes");
        }
    }

    @Test
    void garbageEndsItsConnectionAndNothingElse() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        try (ControlClient client = connect(Role.PROXY)) {
            Connection connection = next(arrived);
            for (int round = 0; round < 300; round++) {
                sendGarbage(random);
            }
            answering(client, new Done());
            connection.ask(new Drain(1), Done.class, LONG, "work");
        }
    }

    private void sendGarbage(Random random) throws IOException {
        byte[] bytes = random.nextBoolean() ? hello() : new byte[random.nextInt(4, 200)];
        if (random.nextBoolean()) {
            random.nextBytes(bytes);
        }
        for (int flips = random.nextInt(4); flips > 0; flips--) {
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            channel.write(ByteBuffer.wrap(bytes, 0, random.nextInt(bytes.length + 1)));
        }
    }

    private static byte[] hello() {
        ByteBuffer frame = ControlFrames.encode(new ControlMessage.Hello(Role.APPLICATION, 1, 25, 7, 1 << 20));
        byte[] bytes = new byte[frame.remaining()];
        frame.get(bytes);
        return bytes;
    }

    private ControlClient connect(Role role) throws IOException {
        return ControlClient.connect(socket, role, Duration.ZERO);
    }

    private static void answering(ControlClient client, ControlMessage... answers) {
        Thread.ofVirtual().start(() -> {
            try {
                for (ControlMessage answer : answers) {
                    client.read();
                    client.write(answer);
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static void assertFails(Connection connection, Reason reason, String message) {
        assertThatThrownBy(() -> connection.ask(new Drain(1), Done.class, LONG, "work"))
                .isInstanceOfSatisfying(
                        RequestFailedException.class, e -> assertThat(e.reason()).isEqualTo(reason))
                .hasMessage(message);
    }

    private static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
        T next = queue.poll(10, TimeUnit.SECONDS);
        assertThat(next).as("what was waited for").isNotNull();
        return next;
    }
}
