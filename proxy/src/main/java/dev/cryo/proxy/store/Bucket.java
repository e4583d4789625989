package dev.cryo.proxy.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;

/**
 * Objects under keys, as S3 has them. Every method asks the store and waits for its answer; all throw {@link
 * StoreException} when it does not do what it was asked. Thread-safe.
 */
public interface Bucket extends AutoCloseable {
    /** An object. */
    record Stored(String key, long bytes) {}

    /** An object that is being put together of parts. */
    record Unfinished(String key, String upload) {}

    /** A part that the store has. */
    record Part(int number, long bytes, String tag) {}

    /** Bytes of a file. */
    record FileRange(Path file, long at, long bytes) {}

    /** All objects whose keys begin with a prefix. */
    List<Stored> list(String prefix) throws IOException;

    /**
     * The bytes of an object from one on; closed by the caller.
     *
     * @throws StoreException of kind MISSING if there is no such object
     */
    InputStream read(String key, long from) throws IOException;

    /**
     * Puts an object where there is none.
     *
     * @return false if there is one, which is left as it is
     */
    boolean create(String key, byte[] contents) throws IOException;

    /** Puts an object. */
    void write(String key, byte[] contents) throws IOException;

    /** Puts an object; the store checks that it got the bytes that were read from the file. */
    void write(String key, FileRange contents) throws IOException;

    /** Deletes an object, if it is there. */
    void delete(String key) throws IOException;

    /** Objects that were begun in parts, whose keys begin with a prefix. */
    List<Unfinished> unfinished(String prefix) throws IOException;

    /** Begins to put an object in parts. */
    Unfinished begin(String key) throws IOException;

    /** The parts that the store has of it, in order. */
    List<Part> parts(Unfinished object) throws IOException;

    /** Puts a part; the store checks that it got the bytes that were read from the file. */
    Part write(Unfinished object, int number, FileRange contents) throws IOException;

    /** Puts the object together: it is there at one instant. */
    void complete(Unfinished object, List<Part> parts) throws IOException;

    /** Gives up an object in parts. */
    void abandon(Unfinished object) throws IOException;

    @Override
    void close();
}
