package dev.cryo.benchmarks.apps;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;

/**
 * Holds a TCP connection to a server that sends every line back, and exchanges one line a step. With {@code --crac} it
 * registers an org.crac resource that closes the connection before a checkpoint and opens it again after.
 *
 * <p>Options: {@code --port N --host 127.0.0.1 --steps 20 --step-ms 100 --crac}.
 */
public final class ConnectedSocket implements Program.Body, Resource {
    private static final int TIMEOUT_MS = 10_000;

    private final DeviceCounter counter = new DeviceCounter();
    private final String host;
    private final int port;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition reopened = lock.newCondition();
    private @Nullable Socket socket;
    private @Nullable BufferedReader reader;
    private int[] last = new int[0];

    private ConnectedSocket(Options options) throws IOException {
        host = options.text("host");
        port = options.count("port");
        connect();
        if (options.has("crac")) {
            Core.getGlobalContext().register(this);
        }
    }

    /** Runs the application. */
    public static void main(String[] args) {
        Program.main(
                args,
                ConnectedSocket::new,
                "host", "127.0.0.1", "port", "0", "steps", "20", "step-ms", "100", "crac", "false");
    }

    private void connect() throws IOException {
        Socket opened = new Socket(host, port);
        opened.setSoTimeout(TIMEOUT_MS);
        socket = opened;
        reader = new BufferedReader(new InputStreamReader(opened.getInputStream(), StandardCharsets.US_ASCII));
    }

    @Override
    public void step(int step) throws IOException, InterruptedException {
        last = counter.step(step);
        String line = "step " + step;
        String answer = exchange(line);
        Program.check(line.equals(answer), "sent '" + line + "', got back '" + answer + "'");
    }

    private @Nullable String exchange(String line) throws IOException, InterruptedException {
        lock.lock();
        try {
            while (socket == null || reader == null) {
                Program.check(
                        reopened.await(TIMEOUT_MS, TimeUnit.MILLISECONDS), "the connection was not opened again");
            }
            socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.US_ASCII));
            return reader.readLine();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) throws IOException {
        lock.lock();
        try {
            if (socket != null) {
                socket.close();
            }
            socket = null;
            reader = null;
        } finally {
            lock.unlock();
        }
        Program.say("closed");
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) throws IOException {
        lock.lock();
        try {
            connect();
            reopened.signalAll();
        } finally {
            lock.unlock();
        }
        Program.say("opened");
    }

    @Override
    public String finish() {
        return new Digest().add(last).hex();
    }

    @Override
    public void close() throws IOException {
        if (socket != null) {
            socket.close();
        }
        counter.close();
    }
}
