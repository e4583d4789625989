package dev.cryo.lower.contract;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What CUDA says of order, in the form of vector clocks: an operation is ordered before another if the other's stream
 * knew of it when the other was issued.
 */
public final class OrderModel {
    /** Stream 0 is the legacy default stream, the first half of the others are blocking, the rest are not. */
    private final long[][] known;

    private final int blocking;

    /** Of so many streams. */
    public OrderModel(int streams) {
        known = new long[streams][streams];
        blocking = 1 + (streams - 1) / 2;
    }

    /** Whether a stream waits for the legacy default stream, and that one for it. */
    public boolean isBlocking(int stream) {
        return stream < blocking;
    }

    /** An operation that was issued. */
    public record Step(int stream, long number, long[] knew) {
        /** Whether an operation that was issued earlier must have ended before this one begins. */
        public boolean isAfter(Step earlier) {
            return knew[earlier.stream] >= earlier.number;
        }
    }

    /** Whether an operation that would be issued now is ordered after an earlier one. */
    public boolean wouldKnow(int stream, Step earlier) {
        return knowledge(stream)[earlier.stream] >= earlier.number;
    }

    /** Issues an operation. */
    public Step issue(int stream) {
        known[stream] = knowledge(stream);
        Step step = new Step(stream, known[stream][stream] + 1, known[stream].clone());
        known[stream][stream]++;
        return step;
    }

    /** What a stream's next operation would know of, by the legacy default stream's rule too. */
    private long[] knowledge(int stream) {
        long[] all = known[stream].clone();
        if (stream == 0) {
            for (int other = 1; other < blocking; other++) {
                join(all, known[other]);
            }
        } else if (stream < blocking) {
            join(all, known[0]);
        }
        return all;
    }

    /** Makes a stream wait for an operation, which recorded an event, and all that its stream knew of. */
    public void await(int stream, Step recorded) {
        issue(stream);
        join(known[stream], recorded.knew);
        known[stream][recorded.stream] = Math.max(known[stream][recorded.stream], recorded.number);
        known[stream][stream]++;
    }

    /** The host, or a fence, waits for all streams. */
    public void joinAll() {
        long[] all = new long[known.length];
        List.of(known).forEach(one -> join(all, one));
        for (long[] one : known) {
            join(one, all);
        }
    }

    private static void join(long[] into, long[] other) {
        Arrays.setAll(into, i -> Math.max(into[i], other[i]));
    }

    /** All pairs of steps that must not overlap, as (earlier, later). */
    public static List<int[]> orderedPairs(List<Step> steps) {
        List<int[]> pairs = new ArrayList<>();
        for (int later = 0; later < steps.size(); later++) {
            for (int earlier = 0; earlier < later; earlier++) {
                if (steps.get(later).isAfter(steps.get(earlier))) {
                    pairs.add(new int[] {earlier, later});
                }
            }
        }
        return pairs;
    }
}
