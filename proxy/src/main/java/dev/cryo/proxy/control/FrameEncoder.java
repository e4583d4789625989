package dev.cryo.proxy.control;

import dev.cryo.streamlog.control.ControlFrames;
import dev.cryo.streamlog.control.ControlMessage;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.MessageToMessageEncoder;
import java.util.List;

/** Encodes messages as frames. */
@Sharable
final class FrameEncoder extends MessageToMessageEncoder<ControlMessage> {
    @Override
    protected void encode(ChannelHandlerContext context, ControlMessage message, List<Object> out) {
        out.add(Unpooled.wrappedBuffer(ControlFrames.encode(message)));
    }
}
