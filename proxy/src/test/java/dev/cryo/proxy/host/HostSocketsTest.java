package dev.cryo.proxy.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.junit.jupiter.api.Test;

/** Sockets of a dumped application. */
class HostSocketsTest extends DumpCase {
    @Test
    void aListeningSocketIsOpenAgain() throws Exception {
        int port;
        try (Running first = Running.start(folder, true)) {
            port = Integer.parseInt(first.ask("listen"));
            dump(first);
        }
        try (Running restored = Running.restore(host, image, work);
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write(41);
            assertThat(restored.ask("echo")).isEqualTo("41");
            assertThat(socket.getInputStream().read()).isEqualTo(42);
        }
    }

    @Test
    void aConnectedSocketIsRefusedByItsAddressesAndTheApplicationRunsOn() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                Running running = Running.start(folder, true)) {
            running.ask("connect " + server.getLocalPort());
            try (Socket accepted = server.accept()) {
                HostStateException refusal = catchThrowableOfType(HostStateException.class, () -> dump(running));
                assertThat(refusal).hasMessageContaining("127.0.0.1:" + accepted.getPort() + " to ")
                        .hasMessageContaining("127.0.0.1:" + server.getLocalPort() + " is open (process "
                                + running.process.pid() + ", descriptor ")
                        .hasMessageContaining("org.crac")
                        .hasMessageContaining("--tcp close");
                assertThat(running.ask("count")).isEqualTo("1");
            }
            running.ask("disconnect");
            dump(running);
        }
    }

    @Test
    void aConnectedSocketIsDumpedAsClosedOnDemand() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                Running running = Running.start(folder, true)) {
            running.ask("connect " + server.getLocalPort());
            try (Socket accepted = server.accept()) {
                host.dump(running.process, running.streams, DumpRequest.into(image, work).closingTcp());
                assertThat(running.ask("count")).isEqualTo("1");
                assertThat(accepted.isConnected()).isTrue();
            }
        }
        try (Running restored = Running.restore(host, image, work)) {
            assertThat(restored.ask("count")).isEqualTo("1");
            assertThat(restored.ask("disconnect")).isEqualTo("closed");
        }
    }

    @Test
    void aUnixSocketToAnotherProcessIsRefusedByItsDescriptor() throws Exception {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("socket"));
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address);
                Running running = Running.start(folder, true)) {
            running.ask("unix " + address);
            SocketChannel accepted = server.accept();
            assertThatThrownBy(() -> dump(running)).isInstanceOf(HostStateException.class)
                    .hasMessageContaining("a unix socket is connected to a process outside of the application")
                    .hasMessageContaining("(process " + running.process.pid() + ", descriptor ")
                    .hasMessageContaining("org.crac");
            assertThat(running.ask("disconnect")).isEqualTo("closed");
            accepted.close();
            dump(running);
        }
    }

    @Test
    void aPortThatIsTakenMeanwhileIsToldAndNothingIsLeftRunning() throws Exception {
        int port;
        try (Running first = Running.start(folder, true)) {
            port = Integer.parseInt(first.ask("listen"));
            dump(first);
        }
        try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> Running.restore(host, image, work)).isInstanceOf(HostStateException.class)
                    .hasMessageContaining("an address that the application listened on is in use")
                    .hasMessageContaining("restore.log");
            assertThat(taken.isBound()).isTrue();
        }
        // What has ended may not be reaped yet.
        assertThat(ProcessHandle.current().children().filter(child -> !ProcessState.hasEnded(child.pid())))
                .isEmpty();
        try (Running restored = Running.restore(host, image, work)) {
            assertThat(restored.ask("count")).isEqualTo("1");
        }
    }
}
