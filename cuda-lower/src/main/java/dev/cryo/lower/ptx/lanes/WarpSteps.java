package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.ir.Instr;
import dev.cryo.lower.ptx.ir.Instr.AtomicOp;
import org.jspecify.annotations.Nullable;

/** The operations of a warp. Operands are rows over all lanes, fetched anew for every group. */
final class WarpSteps {
    private WarpSteps() {
    }

    /** bar.warp.sync: coming together is all there is to it. */
    static final class Barrier extends WarpStep {
        Barrier(Instr.WarpBarrier barrier, Places places, int next) {
            super(barrier, places.of(barrier.guard()), places.of(barrier.members()), next);
        }

        @Override
        void begin(Frame frame, Lanes active) {
            // No operands.
        }

        @Override
        void warp(Frame frame, Lanes active, int start, int end, int mask) {
            // No result.
        }
    }

    /** shfl. */
    static final class Shuffle extends WarpStep {
        private final Instr.Shuffle shuffle;
        private final Place destination;
        private final @Nullable Place inRange;
        private final Place value;
        private final Place lane;
        private final Place clamp;

        Shuffle(Instr.Shuffle shuffle, Places places, int next) {
            super(shuffle, places.of(shuffle.guard()), places.ofNullable(shuffle.members()), next);
            this.shuffle = shuffle;
            this.destination = places.of(shuffle.destination());
            this.inRange = places.ofNullable(shuffle.inRange());
            this.value = places.of(shuffle.value());
            this.lane = places.of(shuffle.lane());
            this.clamp = places.of(shuffle.clamp());
        }

        @Override
        void begin(Frame frame, Lanes active) {
            frame.intRow(value, 0, active);
            frame.intRow(lane, 1, active);
            frame.intRow(clamp, 2, active);
        }

        @Override
        void warp(Frame frame, Lanes active, int start, int end, int mask) {
            int[] values = frame.row(value, 0);
            int[] sources = frame.row(lane, 1);
            int[] clamps = frame.row(clamp, 2);
            int base = active.lane(start) & ~31;
            int[] saved = frame.warpScratch();
            System.arraycopy(values, base, saved, 0, Math.min(32, values.length - base));
            int[] results = frame.ints[destination.index()];
            int[] ranges = inRange == null ? null : frame.ints[inRange.index()];
            // Results may overwrite the operands of lanes that come later, so all are computed before any is written.
            long inside = 0;
            int[] picked = frame.warpPicks();
            for (int k = start; k < end; k++) {
                int at = active.lane(k);
                int self = at & 31;
                int source = source(self, sources[at], clamps[at]);
                inside |= (source >= 0 ? 1L : 0L) << self;
                picked[self] = source >= 0 && base + source < values.length ? source : self;
            }
            for (int k = start; k < end; k++) {
                int at = active.lane(k);
                results[at] = saved[picked[at & 31]];
            }
            if (ranges != null) {
                for (int k = start; k < end; k++) {
                    int at = active.lane(k);
                    ranges[at] = -(int) (inside >>> (at & 31) & 1);
                }
            }
        }

        /** The source lane, or -1 when it is out of range (PTX ISA, shfl). */
        private int source(int self, int b, int c) {
            int distance = b & 31;
            int segment = c >>> 8 & 31;
            int limit = (self & segment) | (c & 31 & ~segment);
            int source = switch (shuffle.mode()) {
                case UP -> self - distance;
                case DOWN -> self + distance;
                case BFLY -> self ^ distance;
                case IDX -> (self & segment) | (distance & ~segment);
            };
            boolean good = shuffle.mode() == Instr.ShuffleMode.UP ? source >= limit : source <= limit;
            return good ? source : -1;
        }
    }

    /** vote and activemask. */
    static final class Vote extends WarpStep {
        private final Instr.VoteMode mode;
        private final Place destination;
        private final Place predicate;

        Vote(Instr.Vote vote, Places places, int next) {
            super(vote, places.of(vote.guard()), places.ofNullable(vote.members()), next);
            this.mode = vote.mode();
            this.destination = places.of(vote.destination());
            this.predicate = places.of(vote.predicate());
        }

        @Override
        void begin(Frame frame, Lanes active) {
            frame.intRow(predicate, 0, active);
        }

        @Override
        void warp(Frame frame, Lanes active, int start, int end, int mask) {
            int[] row = frame.row(predicate, 0);
            int ballot = 0;
            for (int k = start; k < end; k++) {
                int lane = active.lane(k);
                ballot |= row[lane] & 1 << (lane & 31);
            }
            int result = switch (mode) {
                case ALL -> ballot == mask ? -1 : 0;
                case ANY -> ballot != 0 ? -1 : 0;
                case UNI -> ballot == mask || ballot == 0 ? -1 : 0;
                case BALLOT -> ballot;
            };
            spread(frame.ints[destination.index()], active, start, end, result);
        }
    }

    /** match. */
    static final class Match extends WarpStep {
        private final boolean all;
        private final Place destination;
        private final @Nullable Place allEqual;
        private final Place value;

        Match(Instr.Match match, Places places, int next) {
            super(match, places.of(match.guard()), places.of(match.members()), next);
            this.all = match.all();
            this.destination = places.of(match.destination());
            this.allEqual = places.ofNullable(match.allEqual());
            this.value = places.of(match.value());
        }

        @Override
        void begin(Frame frame, Lanes active) {
            if (value.wide()) {
                frame.longRow(value, 0, active);
            } else {
                frame.intRow(value, 0, active);
            }
        }

        private long value(Frame frame, int lane) {
            return value.wide() ? frame.wideRow(value, 0)[lane] : frame.row(value, 0)[lane];
        }

        @Override
        void warp(Frame frame, Lanes active, int start, int end, int mask) {
            int[] results = frame.warpPicks();
            boolean same = true;
            for (int k = start; k < end; k++) {
                int equal = 0;
                for (int j = start; j < end; j++) {
                    if (value(frame, active.lane(j)) == value(frame, active.lane(k))) {
                        equal |= 1 << (active.lane(j) & 31);
                    }
                }
                same &= equal == mask;
                results[active.lane(k) & 31] = equal;
            }
            int[] row = frame.ints[destination.index()];
            for (int k = start; k < end; k++) {
                int lane = active.lane(k);
                row[lane] = all ? (same ? mask : 0) : results[lane & 31];
            }
            if (allEqual != null) {
                spread(frame.ints[allEqual.index()], active, start, end, same ? -1 : 0);
            }
        }
    }

    /** elect. */
    static final class Elect extends WarpStep {
        private final @Nullable Place destination;
        private final Place elected;

        Elect(Instr.Elect elect, Places places, int next) {
            super(elect, places.of(elect.guard()), places.of(elect.members()), next);
            this.destination = places.ofNullable(elect.destination());
            this.elected = places.of(elect.elected());
        }

        @Override
        void begin(Frame frame, Lanes active) {
            // No operands.
        }

        @Override
        void warp(Frame frame, Lanes active, int start, int end, int mask) {
            int leader = Integer.numberOfTrailingZeros(mask);
            if (destination != null) {
                spread(frame.ints[destination.index()], active, start, end, leader);
            }
            spread(frame.ints[elected.index()], active, start, end, 0);
            frame.ints[elected.index()][active.lane(start)] = -1;
        }
    }

    /** redux. */
    static final class Redux extends WarpStep {
        private final AtomicOp op;
        private final boolean signed;
        private final Place destination;
        private final Place value;

        Redux(Instr.Redux redux, Places places, int next) {
            super(redux, places.of(redux.guard()), places.of(redux.members()), next);
            this.op = redux.op();
            this.signed = redux.signed();
            this.destination = places.of(redux.destination());
            this.value = places.of(redux.value());
        }

        @Override
        void begin(Frame frame, Lanes active) {
            frame.intRow(value, 0, active);
        }

        @Override
        void warp(Frame frame, Lanes active, int start, int end, int mask) {
            int[] row = frame.row(value, 0);
            int result = row[active.lane(start)];
            for (int k = start + 1; k < end; k++) {
                result = combine(result, row[active.lane(k)]);
            }
            spread(frame.ints[destination.index()], active, start, end, result);
        }

        private int combine(int a, int b) {
            int flip = signed ? 0 : Integer.MIN_VALUE;
            return switch (op) {
                case ADD -> a + b;
                case MIN -> Math.min(a ^ flip, b ^ flip) ^ flip;
                case MAX -> Math.max(a ^ flip, b ^ flip) ^ flip;
                case AND -> a & b;
                case OR -> a | b;
                case XOR -> a ^ b;
                case EXCH, CAS, INC, DEC -> throw new IllegalStateException("no reduction " + op);
            };
        }
    }
}
