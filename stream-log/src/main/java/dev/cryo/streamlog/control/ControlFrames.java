package dev.cryo.streamlog.control;

import dev.cryo.streamlog.codec.Decoder;
import dev.cryo.streamlog.codec.Encoder;
import dev.cryo.streamlog.codec.MalformedDataException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/** Reads and writes control messages as frames on a blocking channel. */
public final class ControlFrames {
    /** The most bytes that a frame may have; a log with its module images must fit. */
    public static final int MAX_BYTES = 1 << 30;

    private ControlFrames() {}

    /**
     * Encodes a message, its length before it.
     *
     * @throws IllegalArgumentException if it has more than {@link #MAX_BYTES}
     */
    public static ByteBuffer encode(ControlMessage message) {
        Encoder out = new Encoder();
        out.putInt(0);
        ControlMessage.VOCABULARY.encode(message, out);
        if (out.size() - 4 > MAX_BYTES) {
            throw new IllegalArgumentException(message.getClass().getSimpleName() + " has " + (out.size() - 4)
                    + " bytes, more than the " + MAX_BYTES + " of a frame");
        }
        return ByteBuffer.wrap(out.array(), 0, out.size()).order(ByteOrder.LITTLE_ENDIAN).putInt(0, out.size() - 4);
    }

    /**
     * Decodes a frame's content.
     *
     * @throws MalformedDataException if it is not one message
     */
    public static ControlMessage decode(byte[] frame) {
        Decoder in = new Decoder(frame);
        ControlMessage message = ControlMessage.VOCABULARY.decode(in);
        if (in.remaining() != 0) {
            throw new MalformedDataException("expected the end of "
                    + message.getClass().getSimpleName() + ", " + in.remaining() + " bytes are left");
        }
        return message;
    }

    /** Writes a message, all of it. */
    public static void write(WritableByteChannel channel, ControlMessage message) throws IOException {
        ByteBuffer frame = encode(message);
        while (frame.hasRemaining()) {
            channel.write(frame);
        }
    }

    /**
     * Reads a message, waiting for it.
     *
     * @throws EOFException if the other side has closed the connection
     * @throws MalformedDataException if what came is not a message
     */
    public static ControlMessage read(ReadableByteChannel channel) throws IOException {
        return new FrameReader(channel).read();
    }
}
