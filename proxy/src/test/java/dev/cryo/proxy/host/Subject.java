package dev.cryo.proxy.host;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** The program that is dumped and restored: it does what it reads from its standard input, a line each. */
final class Subject {
    private final List<AutoCloseable> open = new ArrayList<>();
    private int counter;

    @SuppressWarnings("NullAway.Init") // The test opens before it uses.
    private FileChannel file;

    @SuppressWarnings("NullAway.Init")
    private ServerSocket server;

    private Subject() {}

    public static void main(String[] arguments) throws Exception {
        new Subject().run(new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)));
    }

    private void run(BufferedReader in) throws Exception {
        System.out.println("ready " + ProcessHandle.current().pid());
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ", 2);
            System.out.println(answer(words[0], words.length > 1 ? words[1] : ""));
        }
        System.out.println("end of input");
    }

    private Object answer(String command, String argument) throws Exception {
        return switch (command) {
            case "count" -> ++counter;
            case "nano" -> System.nanoTime();
            case "environment" -> System.getenv(argument) + " " + Path.of("").toAbsolutePath();
            case "open" -> open(Path.of(argument));
            case "map" -> map(Path.of(argument));
            case "append" -> file.write(ByteBuffer.wrap((argument + "\n").getBytes(StandardCharsets.UTF_8)));
            case "delete" -> Files.deleteIfExists(Path.of(argument));
            case "content" -> content();
            case "listen" -> listen();
            case "echo" -> echo();
            case "connect" -> connect(Integer.parseInt(argument));
            case "unix" -> open.add(SocketChannel.open(UnixDomainSocketAddress.of(argument)));
            case "disconnect" -> disconnect();
            case "pause" -> pause(Long.parseLong(argument));
            case "exit" -> exit(Integer.parseInt(argument));
            default -> throw new IllegalArgumentException(command);
        };
    }

    private Object open(Path path) throws IOException {
        file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        return file.size();
    }

    private Object map(Path path) throws IOException {
        FileChannel channel = FileChannel.open(path);
        open.add(channel);
        long size = channel.size();
        return size == 0 ? "empty" : channel.map(FileChannel.MapMode.READ_ONLY, 0, size).get(0);
    }

    private Object content() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate((int) file.size());
        while (buffer.hasRemaining()) {
            file.read(buffer, buffer.position());
        }
        return new String(buffer.array(), StandardCharsets.UTF_8).hashCode() + " " + buffer.capacity();
    }

    private Object listen() throws IOException {
        server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        return server.getLocalPort();
    }

    private Object echo() throws IOException {
        try (Socket socket = server.accept()) {
            int value = socket.getInputStream().read();
            socket.getOutputStream().write(value + 1);
            return value;
        }
    }

    private Object connect(int port) throws IOException {
        open.add(new Socket(InetAddress.getLoopbackAddress(), port));
        return "connected";
    }

    private Object disconnect() throws Exception {
        for (AutoCloseable one : open) {
            one.close();
        }
        return "closed";
    }

    private static Object pause(long millis) throws InterruptedException {
        System.out.println("pausing");
        Thread.sleep(millis);
        return "paused";
    }

    private static Object exit(int code) {
        System.exit(code);
        return code;
    }
}
