package dev.cryo.proxy.control;

import dev.cryo.streamlog.control.ControlMessage;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Turns what one channel brings into calls of the visitors. */
final class ConnectionHandler extends SimpleChannelInboundHandler<ControlMessage> {
    private static final long HELLO_SECONDS = 10;

    private final ControlServer.Visitors visitors;
    private @Nullable Connection connection;
    private @Nullable ScheduledFuture<?> silence;

    ConnectionHandler(ControlServer.Visitors visitors) {
        super(ControlMessage.class);
        this.visitors = visitors;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        silence = context.executor()
                .schedule(() -> refuse(context, "it said nothing for " + HELLO_SECONDS + " s"), HELLO_SECONDS,
                        TimeUnit.SECONDS);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ControlMessage message) {
        if (connection != null) {
            ControlMessage unasked = connection.answered(message);
            if (unasked != null) {
                visitors.said(connection, unasked);
            }
        } else if (message instanceof ControlMessage.Hello hello) {
            endSilence();
            connection = new Connection(context.channel(), hello);
            visitors.arrived(connection);
        } else {
            refuse(context, "its first message is " + message.getClass().getSimpleName() + ", not Hello");
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        endSilence();
        if (connection != null) {
            connection.closed();
            visitors.left(connection);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        Throwable told = cause.getCause() == null ? cause : cause.getCause();
        refuse(context, told.toString());
    }

    private void refuse(ChannelHandlerContext context, String why) {
        visitors.refused("a control connection was closed: " + why);
        context.close();
    }

    private void endSilence() {
        if (silence != null) {
            silence.cancel(false);
        }
    }
}
