package dev.cryo.proxy.host;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The TCP sockets of a process's network that have, or had, another side: what an image cannot hold. */
final class TcpConnections {
    private static final int CLOSED = 0x07;
    private static final int LISTENING = 0x0a;

    private final Map<String, String> byInode = new HashMap<>();

    /** Reads the connections in the network namespace of a process. */
    static TcpConnections of(int pid) throws IOException {
        TcpConnections connections = new TcpConnections();
        for (String table : List.of("tcp", "tcp6")) {
            connections.read(ProcessTree.lines(Path.of("/proc/" + pid + "/net/" + table)));
        }
        return connections;
    }

    static TcpConnections of(List<String> table) {
        TcpConnections connections = new TcpConnections();
        connections.read(table);
        return connections;
    }

    /** "from LOCAL to REMOTE" for a descriptor's target such as {@code socket:[1234]}; null when it is none. */
    @Nullable String of(String target) {
        return byInode.get(target);
    }

    private void read(List<String> table) {
        for (String line : table.subList(Math.min(1, table.size()), table.size())) {
            String[] columns = line.strip().split(" +");
            int state = Integer.parseInt(columns[3], 16);
            if (state != CLOSED && state != LISTENING) {
                byInode.put("socket:[" + columns[9] + "]",
                        "from " + address(columns[1]) + " to " + address(columns[2]));
            }
        }
    }

    /** An address as the kernel prints it: 32-bit words in the machine's order, then the port. */
    private static String address(String text) {
        String[] parts = text.split(":");
        byte[] raw = HexFormat.of().parseHex(parts[0]);
        ByteBuffer words = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer network = ByteBuffer.allocate(raw.length);
        while (words.hasRemaining()) {
            network.putInt(words.getInt());
        }
        try {
            InetAddress address = InetAddress.getByAddress(network.array());
            String host = address.getHostAddress();
            return (host.contains(":") ? "[" + host + "]" : host) + ":" + Integer.parseInt(parts[1], 16);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("not an address: " + text, e);
        }
    }
}
