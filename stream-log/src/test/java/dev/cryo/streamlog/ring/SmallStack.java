package dev.cryo.streamlog.ring;

import dev.cryo.streamlog.call.Call;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongFunction;

/** Does something again and again on the way back from the end of a stack, so that it fails wherever it can. */
public final class SmallStack {
    private static final int ATTEMPTS = 100;

    private final int rounds;
    private final LongFunction<Call> action;
    private final Call[] done;
    private int count;
    private long id;
    private int errors;
    private int back;

    /** Something that is given a number, never twice the same, and returns what it has done. */
    public SmallStack(int rounds, LongFunction<Call> action) {
        this.rounds = rounds;
        this.action = action;
        this.done = new Call[rounds * (ATTEMPTS + 2)];
    }

    /** Runs it in a thread of its own. */
    public void run() throws InterruptedException {
        Throwable[] failure = {null};
        Thread thread = new Thread(null, () -> {
            for (int round = 0; round < rounds; round++) {
                back = 0;
                shift(round % 97);
            }
        }, "small stack", 256 << 10);
        thread.setUncaughtExceptionHandler((ended, e) -> failure[0] = e);
        thread.start();
        thread.join();
        if (failure[0] != null) {
            throw new AssertionError(failure[0]);
        }
    }

    /** What was done without an error, in order. */
    public List<Call> done() {
        return Arrays.asList(done).subList(0, count);
    }

    /** How often the stack was used up. */
    public int errors() {
        return errors;
    }

    private void shift(int frames) {
        if (frames > 0) {
            shift(frames - 1);
        } else {
            descend();
        }
    }

    @SuppressWarnings("InfiniteRecursion")
    private void descend() {
        try {
            descend();
        } catch (StackOverflowError e) {
            errors++;
        }
        if (back++ < ATTEMPTS) {
            Call call = action.apply(id++);
            done[count] = call;
            count++;
        }
    }
}
