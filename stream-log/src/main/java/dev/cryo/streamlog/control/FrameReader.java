package dev.cryo.streamlog.control;

import dev.cryo.streamlog.codec.MalformedDataException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads control messages of one channel. A read that ended by an error of the virtual machine can be tried again: it
 * goes on where it stopped. Not thread-safe.
 */
public final class FrameReader {
    private static final int FIRST_BYTES = 64 << 10;

    private final ReadableByteChannel channel;
    private final ByteBuffer header = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    private ByteBuffer content = ByteBuffer.allocate(FIRST_BYTES);

    /** A reader of a channel, which stays the caller's. */
    public FrameReader(ReadableByteChannel channel) {
        this.channel = channel;
    }

    /**
     * Reads a message, waiting for it; for a channel that is blocking.
     *
     * @throws EOFException if the other side has closed the connection
     * @throws MalformedDataException if what came is not a message
     */
    public ControlMessage read() throws IOException {
        ControlMessage message = poll();
        while (message == null) {
            message = poll();
        }
        return message;
    }

    /**
     * Reads a message if all of it is there; for a channel that is not blocking.
     *
     * @return null if it has not come yet
     * @throws IOException as {@link #read}
     */
    public @Nullable ControlMessage poll() throws IOException {
        if (!fill(header)) {
            return null;
        }
        int length = header.getInt(0);
        if (length < 4 || length > ControlFrames.MAX_BYTES) {
            throw new MalformedDataException("expected a frame's length, found " + length);
        }
        while (content.position() < length) {
            if (!content.hasRemaining()) {
                // Grows as the bytes do come.
                int larger = (int) Math.min(length, 2L * content.capacity());
                content = ByteBuffer.wrap(Arrays.copyOf(content.array(), larger)).position(content.position());
            }
            if (!fill(content.limit(Math.min(length, content.capacity())))) {
                return null;
            }
        }
        ControlMessage message = ControlFrames.decode(Arrays.copyOf(content.array(), length));
        header.clear();
        content = content.capacity() > FIRST_BYTES ? ByteBuffer.allocate(FIRST_BYTES) : content.clear();
        return message;
    }

    /** False if the rest has not come yet. */
    private boolean fill(ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            int count = channel.read(buffer);
            if (count < 0) {
                throw new EOFException("the control connection was closed");
            }
            if (count == 0) {
                return false;
            }
        }
        return true;
    }
}
