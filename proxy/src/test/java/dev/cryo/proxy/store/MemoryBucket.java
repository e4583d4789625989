package dev.cryo.proxy.store;

import dev.cryo.proxy.store.StoreException.Kind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A bucket in memory, one of whose calls can be let fail: the n-th, before it has done anything, in the middle, or
 * after it has done everything.
 */
public final class MemoryBucket implements Bucket {
    /** How the call fails. */
    public enum Fault {
        NEVER,
        REFUSED,
        /**
         * Half of what was sent is kept, which S3 itself never does, but for what is told to be created: that is there
         * as a whole or not at all, or nothing could be committed. What has no contents is refused.
         */
        CUT_SHORT,
        ANSWER_LOST
    }

    /** What there is, by key. */
    public final TreeMap<String, byte[]> objects = new TreeMap<>();

    final Map<Unfinished, TreeMap<Integer, byte[]>> begun = new HashMap<>();

    /** The calls since it was told how to fail. */
    public final List<String> calls = new ArrayList<>();

    private final AtomicInteger uploads = new AtomicInteger();
    private Fault fault = Fault.NEVER;
    private int failing;
    private Runnable meanwhile = () -> { };
    /** Whether it does not know conditions, as some stores do not. */
    boolean replaces;
    /** Whether it refuses to put the next object together. */
    boolean refusesParts;

    /** What a bucket does. */
    @FunctionalInterface
    private interface Effect<T> {
        T run() throws IOException;
    }

    /** Lets a call fail, counted from 1 and from now. */
    public synchronized void fail(int call, Fault how) {
        calls.clear();
        failing = call;
        fault = how;
        meanwhile = () -> { };
    }

    /** Lets something happen right before a call, counted from 1 and from now. */
    public synchronized void before(int call, Runnable what) {
        fail(call, Fault.NEVER);
        meanwhile = what;
    }

    private <T> T call(String name, Effect<T> effect) throws IOException {
        return call(name, effect, () -> false);
    }

    private synchronized <T> T call(String name, Effect<T> effect, Effect<?> half) throws IOException {
        calls.add(name);
        boolean now = calls.size() == failing;
        if (now) {
            meanwhile.run();
        }
        boolean fails = now && fault != Fault.NEVER;
        if (fails && fault != Fault.ANSWER_LOST) {
            if (fault == Fault.CUT_SHORT) {
                half.run();
            }
            throw broken(name);
        }
        T result = effect.run();
        if (fails) {
            throw broken(name);
        }
        return result;
    }

    private static byte[] half(byte[] bytes) {
        return Arrays.copyOf(bytes, bytes.length / 2);
    }

    private boolean putInto(String key, byte[] contents) {
        objects.put(key, contents);
        return true;
    }

    private static StoreException broken(String name) {
        return new StoreException(Kind.UNREACHABLE, "the line is cut in " + name);
    }

    private static byte[] bytes(FileRange range) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate((int) range.bytes());
        try (FileChannel file = FileChannel.open(range.file(), StandardOpenOption.READ)) {
            while (bytes.hasRemaining()) {
                file.read(bytes, range.at() + bytes.position());
            }
        }
        return bytes.array();
    }

    @Override
    public List<Stored> list(String prefix) throws IOException {
        return call("list", () -> objects.entrySet().stream()
                .filter(object -> object.getKey().startsWith(prefix))
                .map(object -> new Stored(object.getKey(), object.getValue().length))
                .toList());
    }

    @Override
    public synchronized InputStream read(String key, long from) throws IOException {
        byte[] object = objects.get(key);
        if (object == null) {
            throw new StoreException(Kind.MISSING, "there is no " + key);
        }
        byte[] rest = Arrays.copyOfRange(object, (int) from, object.length);
        calls.add("read");
        boolean cut = fault != Fault.NEVER && calls.size() == failing;
        if (cut && fault == Fault.REFUSED) {
            throw broken("read");
        }
        return cut ? new CutStream(rest, rest.length / 2) : new ByteArrayInputStream(rest);
    }

    @Override
    public boolean create(String key, byte[] contents) throws IOException {
        return call("create", () -> {
            if (replaces) {
                objects.remove(key);
            }
            return objects.putIfAbsent(key, contents.clone()) == null;
        });
    }

    @Override
    public void write(String key, byte[] contents) throws IOException {
        call("write", () -> putInto(key, contents.clone()), () -> putInto(key, half(contents)));
    }

    @Override
    public void write(String key, FileRange contents) throws IOException {
        call("write file", () -> putInto(key, bytes(contents)), () -> putInto(key, half(bytes(contents))));
    }

    @Override
    public void delete(String key) throws IOException {
        call("delete", () -> objects.keySet().remove(key));
    }

    @Override
    public List<Unfinished> unfinished(String prefix) throws IOException {
        return call("unfinished", () -> begun.keySet().stream()
                .filter(upload -> upload.key().startsWith(prefix))
                .toList());
    }

    @Override
    public Unfinished begin(String key) throws IOException {
        return call("begin", () -> {
            Unfinished upload = new Unfinished(key, "upload-" + uploads.incrementAndGet());
            begun.put(upload, new TreeMap<>());
            return upload;
        });
    }

    private TreeMap<Integer, byte[]> of(Unfinished object) throws StoreException {
        TreeMap<Integer, byte[]> parts = begun.get(object);
        if (parts == null) {
            throw new StoreException(Kind.MISSING, "no upload " + object);
        }
        return parts;
    }

    @Override
    public List<Part> parts(Unfinished object) throws IOException {
        return call("parts", () -> of(object).entrySet().stream()
                .map(part -> new Part(part.getKey(), part.getValue().length, "tag" + part.getKey()))
                .toList());
    }

    @Override
    public Part write(Unfinished object, int number, FileRange contents) throws IOException {
        return call(
                "write part",
                () -> {
                    of(object).put(number, bytes(contents));
                    return new Part(number, contents.bytes(), "tag" + number);
                },
                () -> of(object).put(number, half(bytes(contents))));
    }

    @Override
    public void complete(Unfinished object, List<Part> parts) throws IOException {
        call("complete", () -> {
            if (refusesParts) {
                refusesParts = false;
                throw new StoreException(Kind.REFUSED, "a part is not as it was told");
            }
            ByteArrayOutputStream whole = new ByteArrayOutputStream();
            TreeMap<Integer, byte[]> written = of(object);
            for (Part part : parts) {
                whole.write(written.get(part.number()));
            }
            begun.remove(object);
            return putInto(object.key(), whole.toByteArray());
        });
    }

    @Override
    public void abandon(Unfinished object) throws IOException {
        call("abandon", () -> begun.keySet().remove(object));
    }

    @Override
    public void close() {}

    /** Bytes that break off. */
    private static final class CutStream extends InputStream {
        private final ByteArrayInputStream bytes;
        private int left;

        CutStream(byte[] bytes, int left) {
            this.bytes = new ByteArrayInputStream(bytes);
            this.left = left;
        }

        @Override
        public int read() throws IOException {
            if (left-- <= 0) {
                throw new IOException("Connection reset");
            }
            return bytes.read();
        }
    }
}
