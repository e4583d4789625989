package dev.cryo.proxy.control;

import dev.cryo.proxy.control.RequestFailedException.Reason;
import dev.cryo.streamlog.control.ControlMessage;
import io.netty.channel.Channel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What has connected to the supervisor and said who it is. Thread-safe.
 *
 * <p>Answers come in the order of the requests, so an answer belongs to the oldest request that has none. A request
 * that timed out keeps its place: its late answer is dropped and does not become that of the next.
 */
public final class Connection {
    private final Channel channel;
    private final ControlMessage.Hello hello;
    private final Queue<CompletableFuture<ControlMessage>> unanswered = new ArrayDeque<>();
    private boolean closed;

    Connection(Channel channel, ControlMessage.Hello hello) {
        this.channel = channel;
        this.hello = hello;
    }

    /** What it said of itself. */
    public ControlMessage.Hello hello() {
        return hello;
    }

    /** Whether messages can still be exchanged. */
    public synchronized boolean isOpen() {
        return !closed;
    }

    /** Sends a message that is not answered; does nothing when the connection is closed. */
    public void tell(ControlMessage message) {
        try {
            channel.writeAndFlush(message, channel.voidPromise());
        } catch (RejectedExecutionException e) {
            closed(); // With its server, all of whose connections have ended.
        }
    }

    /**
     * Sends a request and waits for its answer.
     *
     * @param waitedFor completes "waited 5 s for ..." in the message of the failure
     * @throws RequestFailedException if the answer is a refusal, another one, or does not come
     */
    public <A extends ControlMessage> A ask(
            ControlMessage request, Class<A> answerType, Duration timeout, String waitedFor)
            throws RequestFailedException, InterruptedException {
        ControlMessage answer = await(send(request), timeout, waitedFor);
        if (answer instanceof ControlMessage.Failed failed) {
            throw new RequestFailedException(Reason.REFUSED, failed.message());
        }
        if (!answerType.isInstance(answer)) {
            throw new RequestFailedException(Reason.UNEXPECTED, who() + " answered "
                    + request.getClass().getSimpleName() + " by " + answer.getClass().getSimpleName());
        }
        return answerType.cast(answer);
    }

    /** Sends a request whose answer is dropped when it comes. */
    public void askInPassing(ControlMessage request) {
        var dropped = send(request);
        dropped.exceptionally(failure -> null);
    }

    private CompletableFuture<ControlMessage> send(ControlMessage request) {
        CompletableFuture<ControlMessage> answer = new CompletableFuture<>();
        synchronized (this) {
            if (closed) {
                answer.completeExceptionally(disconnected());
                return answer;
            }
            // Within the lock: requests must go out in the order in which they wait for their answers.
            unanswered.add(answer);
            tell(request);
        }
        return answer;
    }

    private static ControlMessage await(CompletableFuture<ControlMessage> answer, Duration timeout, String waitedFor)
            throws RequestFailedException, InterruptedException {
        try {
            return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new RequestFailedException(
                    Reason.TIMED_OUT, "waited " + timeout.toMillis() / 1000.0 + " s for " + waitedFor);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RequestFailedException failed) {
                throw new RequestFailedException(
                        failed.reason(), failed.getMessage() + ", while waiting for " + waitedFor);
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Ends the connection; requests without an answer fail. */
    public void close() {
        channel.close();
    }

    /** Takes a message as the answer of the oldest request; gives it back when nothing was asked. */
    @Nullable ControlMessage answered(ControlMessage message) {
        if (message instanceof ControlMessage.CheckpointWanted || message instanceof ControlMessage.ContentsLost) {
            return message; // What nobody asked for may come between a request and its answer.
        }
        CompletableFuture<ControlMessage> oldest;
        synchronized (this) {
            oldest = unanswered.poll();
        }
        if (oldest == null) {
            return message;
        }
        oldest.complete(message);
        return null;
    }

    void closed() {
        synchronized (this) {
            closed = true;
        }
        for (CompletableFuture<ControlMessage> next = poll(); next != null; next = poll()) {
            next.completeExceptionally(disconnected());
        }
    }

    private synchronized @Nullable CompletableFuture<ControlMessage> poll() {
        return unanswered.poll();
    }

    private RequestFailedException disconnected() {
        return new RequestFailedException(Reason.DISCONNECTED, who() + " has closed its control connection");
    }

    private String who() {
        return switch (hello.role()) {
            case APPLICATION, APPLICATION_IN_PROCESS -> "the application";
            case PROXY -> "the proxy";
            case COMMAND -> "the command";
        };
    }
}
