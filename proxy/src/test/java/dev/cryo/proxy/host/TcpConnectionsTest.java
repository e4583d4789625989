package dev.cryo.proxy.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TcpConnectionsTest {
    private static final String HEAD =
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

    private static String row(String local, String remote, String state, int inode) {
        return "   0: " + local + " " + remote + " " + state + " 00000000:00000000 00:00000000 00000000     0        0 "
                + inode + " 1 0000000000000000 100 0 0 10 0";
    }

    @Test
    void addressesAreReadInTheOrderOfTheMachine() {
        TcpConnections connections = TcpConnections.of(List.of(HEAD,
                row("0100007F:1F90", "08080808:0035", "01", 7),
                row("0000000000000000FFFF00000100007F:D6D8", "B80D0120000000000000000001000000:01BB", "08", 8)));
        assertThat(connections.of("socket:[7]")).isEqualTo("from 127.0.0.1:8080 to 8.8.8.8:53");
        assertThat(connections.of("socket:[8]")).isEqualTo("from 127.0.0.1:55000 to [2001:db8:0:0:0:0:0:1]:443");
    }

    @Test
    void listeningAndClosedSocketsAreNoConnections() {
        TcpConnections connections = TcpConnections.of(List.of(HEAD,
                row("0100007F:1F90", "00000000:0000", "0A", 7),
                row("0100007F:1F90", "00000000:0000", "07", 8)));
        assertThat(connections.of("socket:[7]")).isNull();
        assertThat(connections.of("socket:[8]")).isNull();
        assertThat(connections.of("pipe:[7]")).isNull();
    }
}
