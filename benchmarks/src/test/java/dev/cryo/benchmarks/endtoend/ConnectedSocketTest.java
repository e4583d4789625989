package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.apps.ConnectedSocket;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A TCP connection cannot be saved: refused by name, closed when that is wanted, or closed by the application. */
@NeedsCriu
class ConnectedSocketTest extends InWorkplace {
    private static final String JOB = "connected";

    private ServerSocket echo;

    @BeforeEach
    void create() throws Exception {
        echo = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::serve);
    }

    @AfterEach
    void close() throws Exception {
        echo.close();
    }

    private void serve() {
        while (!echo.isClosed()) {
            try {
                Socket socket = echo.accept();
                Thread.ofVirtual().start(() -> sendBack(socket));
            } catch (IOException e) {
                return; // The test is over.
            }
        }
    }

    private static void sendBack(Socket socket) {
        try (socket) {
            socket.getInputStream().transferTo(socket.getOutputStream());
        } catch (IOException e) {
            // The application was killed, which is what the test does.
            Thread.currentThread().interrupt();
        }
    }

    private Child launch(List<String> options, String... arguments) throws IOException {
        String[] all = new String[arguments.length + 6];
        System.arraycopy(
                new String[] {"--port", "" + echo.getLocalPort(), "--steps", "12", "--step-ms", "150"}, 0, all, 0, 6);
        System.arraycopy(arguments, 0, all, 6, arguments.length);
        return place.launch(JOB, options, Applications.java(ConnectedSocket.class, all));
    }

    @Test
    void itIsRefusedByNameWithTheRemedyAndTheApplicationRunsOn() throws Exception {
        Child launched = launch(List.of());
        launched.out().await("step 2/12", SOON);

        Child checkpoint = place.run("checkpoint", JOB);

        assertThat(checkpoint.exitCode(SOON)).isNotZero();
        assertThat(checkpoint.err().text())
                .contains("127.0.0.1:" + echo.getLocalPort())
                .contains("org.crac")
                .contains("--tcp close");
        assertThat(launched.succeed(RUN).out().texts().getLast()).startsWith("OK ");
    }

    @Test
    void withTcpCloseTheRestartedApplicationFindsItClosed() throws Exception {
        Child launched = launch(List.of("--tcp", "close"));
        launched.out().await("step 2/12", SOON);
        place.checkpoint(JOB);
        place.kill(JOB);

        Child restarted = place.start("restart", JOB);

        assertThat(restarted.exitCode(RUN)).isEqualTo(1);
        assertThat(restarted.err().text()).contains("FAILED");
    }

    @Test
    void aResourceOfOrgCracClosesItAndOpensItAgain() throws Exception {
        Child launched = launch(List.of(), "--crac");
        launched.out().await("step 2/12", SOON);
        place.checkpoint(JOB);
        launched.out().await("opened", SOON);
        launched.out().await("step 5/12", SOON);
        place.kill(JOB);

        Child restarted = place.start("restart", JOB).succeed(RUN);

        assertThat(restarted.out().texts()).contains("opened").last().asString().startsWith("OK ");
    }
}
