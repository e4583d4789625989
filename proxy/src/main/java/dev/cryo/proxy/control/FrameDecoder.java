package dev.cryo.proxy.control;

import dev.cryo.streamlog.codec.MalformedDataException;
import dev.cryo.streamlog.control.ControlFrames;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/** Cuts the stream into frames and decodes them; a stream that is none ends the connection. */
final class FrameDecoder extends ByteToMessageDecoder {
    /** A Hello has less than this: what has not introduced itself cannot make the supervisor hold much memory. */
    private static final int MAX_FIRST_BYTES = 1024;

    private int limit = MAX_FIRST_BYTES;

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (in.readableBytes() < Integer.BYTES) {
            return;
        }
        int length = in.getIntLE(in.readerIndex());
        if (length < Integer.BYTES || length > limit) {
            in.skipBytes(in.readableBytes());
            throw new MalformedDataException("expected a frame of 4 to " + limit + " bytes, found " + length);
        }
        if (in.readableBytes() < Integer.BYTES + length) {
            return;
        }
        in.skipBytes(Integer.BYTES);
        byte[] frame = new byte[length];
        in.readBytes(frame);
        out.add(ControlFrames.decode(frame));
        limit = ControlFrames.MAX_BYTES;
    }
}
