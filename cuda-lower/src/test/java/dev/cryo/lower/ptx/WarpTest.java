package dev.cryo.lower.ptx;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Operations of a warp and atomics, against a scalar model. */
class WarpTest {
    private static final String HEADER = ".version 8.0\n.target sm_75\n.address_size 64\n"
            + ".visible .entry k(.param .u64 A, .param .u64 D)\n{\n"
            + ".reg .u64 a, d, o; .reg .u32 t, l, x, r, m, b, c; .reg .pred p, q, s;\n"
            + "ld.param.u64 a, [A]; ld.param.u64 d, [D]; mov.u32 t, %tid.x; mov.u32 l, %laneid;\n"
            + "mul.wide.u32 o, t, 4; add.u64 a, a, o; add.u64 d, d, o; ld.global.u32 x, [a];\n";
    private static final String FOOTER = "st.global.u32 [d], r;\nEND: ret;\n}\n";

    private final Device device = new Device();

    @AfterEach
    void close() {
        device.close();
    }

    private int[] run(String body, int[] input) throws Exception {
        MemorySegment out = device.ints(new int[input.length]);
        device.run(device.kernel(HEADER + body + FOOTER, "k"), 1, input.length, device.ints(input), out);
        return out.toArray(ValueLayout.JAVA_INT);
    }

    private static int[] random(int n, int bound) {
        return new Random(5).ints(n, 0, bound).toArray();
    }

    /** The source lane of a shuffle as the PTX ISA defines it. */
    private static int source(String mode, int lane, int b, int c) {
        int segmentMask = c >> 8 & 31;
        int maxLane = lane & segmentMask | c & 31 & ~segmentMask;
        int minLane = lane & segmentMask;
        int j = switch (mode) {
            case "up" -> lane - (b & 31);
            case "down" -> lane + (b & 31);
            case "bfly" -> lane ^ b & 31;
            default -> minLane | b & 31 & ~segmentMask;
        };
        boolean good = mode.equals("up") ? j >= maxLane : j <= maxLane;
        return good ? j : -1;
    }

    @Test
    void shufflesInEveryModeAndSegment() throws Exception {
        int[] x = random(96, 1000);
        for (String mode : new String[] {"up", "down", "bfly", "idx"}) {
            for (int c : new int[] {0, 31, 0x1f00, 0x181f, 0x1807, 0x1000 | 15}) {
                for (int b : new int[] {0, 1, 3, 8, 17, 31}) {
                    int[] r = run("shfl.sync." + mode + ".b32 r|p, x, " + b + ", " + c
                            + ", -1;\nselp.u32 m, 1000000, 0, p; add.u32 r, r, m;\n", x);
                    for (int i = 0; i < 96; i++) {
                        int from = source(mode, i & 31, b, c);
                        int expected = from < 0 ? x[i] : x[i - (i & 31) + from] + 1000000;
                        assertThat(r[i]).as("%s b=%d c=%x lane %d", mode, b, c, i).isEqualTo(expected);
                    }
                }
            }
        }
    }

    @Test
    void shufflesWithAPartOfTheWarp() throws Exception {
        int[] x = random(64, 1000);
        int[] r = run("mov.u32 r, 7;\nsetp.ge.u32 p, l, 8; @p bra OUT;\n"
                + "shfl.sync.bfly.b32 r, x, 3, 31, 255;\nOUT:\n", x);
        for (int i = 0; i < 64; i++) {
            assertThat(r[i]).isEqualTo((i & 31) < 8 ? x[i ^ 3] : 7);
        }
    }

    @Test
    void lanesOnDifferentWaysMeetAtAShuffle() throws Exception {
        int[] x = random(32, 1000);
        int[] r = run("and.b32 m, l, 1; setp.eq.u32 p, m, 0;\nmov.u32 b, 0;\n"
                + "@p bra EVEN;\nadd.u32 x, x, 5;\nbra MEET;\nEVEN: add.u32 x, x, 9;\nMEET:\n"
                + "shfl.sync.bfly.b32 r, x, 1, 31, -1;\n", x);
        for (int i = 0; i < 32; i++) {
            assertThat(r[i]).isEqualTo(x[i ^ 1] + ((i ^ 1) % 2 == 0 ? 9 : 5));
        }
    }

    @Test
    void votesInBothSpellings() throws Exception {
        int[] x = random(64, 2);
        for (String spelling : new String[] {"vote.sync.ballot.b32", "vote.ballot.sync.b32"}) {
            int[] r = run("setp.ne.u32 p, x, 0;\n" + spelling + " r, p, -1;\n", x);
            for (int i = 0; i < 64; i++) {
                int ballot = 0;
                for (int j = 0; j < 32; j++) {
                    ballot |= x[(i & 32) + j] << j;
                }
                assertThat(r[i]).isEqualTo(ballot);
            }
        }
        int[] r = run("setp.ne.u32 p, x, 2;\nvote.sync.all.pred q, p, -1;\nsetp.eq.u32 p, x, 2;\n"
                + "vote.sync.any.pred s, !p, -1;\nselp.u32 r, 1, 0, q;\nselp.u32 m, 2, 0, s;\nadd.u32 r, r, m;\n", x);
        assertThat(r).containsOnly(3);
    }

    @Test
    void matchesEqualValues() throws Exception {
        int[] x = random(64, 5);
        int[] r = run("match.any.sync.b32 r, x, -1;\n", x);
        for (int i = 0; i < 64; i++) {
            int mask = 0;
            for (int j = 0; j < 32; j++) {
                mask |= (x[(i & 32) + j] == x[i] ? 1 : 0) << j;
            }
            assertThat(r[i]).isEqualTo(mask);
        }
        assertThat(run("mov.u32 x, 3; match.all.sync.b32 r|p, x, -1;\n", x)).containsOnly(-1);
        assertThat(run("match.all.sync.b32 r|p, x, -1;\n", x)).containsOnly(0);
    }

    @Test
    void knowsWhoIsActive() throws Exception {
        int[] r = run("mov.u32 r, 0; setp.lt.u32 p, l, 5; @p bra SOME;\nbra OUT;\nSOME: activemask.b32 r;\nOUT:\n",
                new int[32]);
        for (int i = 0; i < 32; i++) {
            assertThat(r[i]).isEqualTo(i < 5 ? 31 : 0);
        }
    }

    @Test
    void reducesWithinAWarp() throws Exception {
        int[] x = random(32, 100);
        int sum = Arrays.stream(x).sum();
        assertThat(run("redux.sync.add.s32 r, x, -1;\n", x)).containsOnly(sum);
    }

    @Test
    @OnlyOnProcessor("which lane is elected is not said")
    void electsWithinAWarp() throws Exception {
        int[] x = random(32, 100);
        int[] r = run("elect.sync _|p, -1;\nselp.u32 r, 1, 0, p;\n", x);
        assertThat(Arrays.stream(r).sum()).isEqualTo(1);
    }

    @Test
    @OnlyOnProcessor("the numbers of warps are those of their places in a multiprocessor")
    void specialRegistersTellWhereAThreadIs() throws Exception {
        int[] r = run("mov.u32 r, %lanemask_lt; mov.u32 m, %warpid; shl.b32 m, m, 8; xor.b32 r, r, m;\n"
                + "mov.u32 m, %lanemask_ge; popc.b32 m, m; xor.b32 r, r, m;\n", new int[70]);
        for (int i = 0; i < 70; i++) {
            int lane = i & 31;
            assertThat(r[i]).isEqualTo((1 << lane) - 1 ^ i >> 5 << 8 ^ 32 - lane);
        }
    }

    @Test
    @OnlyOnProcessor("threads of different warps store what they saw, in any order")
    void everyAtomicReadsModifiesAndWrites() throws Exception {
        Map<String, Integer> expected = new HashMap<>();
        int[] x = random(64, 1000);
        int min = Integer.MAX_VALUE;
        int and = -1;
        int or = 0;
        int xor = 0;
        int max = 0;
        int sum = 0;
        for (int v : x) {
            min = Math.min(min, v);
            max = Math.max(max, v);
            and &= v;
            or |= v;
            xor ^= v;
            sum += v;
        }
        expected.put("min.s32", Math.min(min, 500));
        expected.put("max.u32", Math.max(max, 500));
        expected.put("and.b32", 500 & and);
        expected.put("or.b32", 500 | or);
        expected.put("xor.b32", 500 ^ xor);
        expected.put("exch.b32", x[63]);
        expected.put("add.u32", 500 + sum);
        for (Map.Entry<String, Integer> e : expected.entrySet()) {
            for (String space : new String[] {"global", "shared"}) {
                String body = ".shared .u32 sh;\nld.param.u64 d, [D];\n" + (space.equals("shared")
                        ? "mov.u32 b, 500; st.shared.u32 [sh], b; bar.sync 0;\natom.shared." + e.getKey()
                                + " r, [sh], x;\nbar.sync 0;\nld.shared.u32 r, [sh];\n"
                        : "atom.global." + e.getKey() + " r, [d], x;\nld.global.u32 r, [d];\n");
                MemorySegment out = device.ints(500);
                device.run(device.kernel(HEADER + body + FOOTER, "k"), 1, 64, device.ints(x), out);
                assertThat(out.get(ValueLayout.JAVA_INT, 0)).as(space + " " + e.getKey()).isEqualTo(e.getValue());
            }
        }
    }

    @Test
    @OnlyOnProcessor("which thread comes when is not said")
    void atomicsCountWithLimitsAndCompare() throws Exception {
        String inc = "ld.param.u64 d, [D];\natom.global.inc.u32 r, [d], 9;\nbra END;\n";
        MemorySegment out = device.ints(0);
        device.run(device.kernel(HEADER + inc + FOOTER, "k"), 1, 64, device.ints(new int[64]), out);
        assertThat(out.get(ValueLayout.JAVA_INT, 0)).isEqualTo(64 % 10);
        String dec = inc.replace("inc", "dec");
        device.run(device.kernel(HEADER + dec + FOOTER, "k"), 1, 4, device.ints(new int[64]), out);
        assertThat(out.get(ValueLayout.JAVA_INT, 0)).isZero();
        device.run(device.kernel(HEADER + dec + FOOTER, "k"), 1, 1, device.ints(new int[64]), out);
        assertThat(out.get(ValueLayout.JAVA_INT, 0)).isEqualTo(9);
        String cas = "ld.param.u64 d, [D];\nadd.u32 b, t, 10;\natom.global.cas.b32 r, [d], t, b;\nbra END;\n";
        out.set(ValueLayout.JAVA_INT, 0, 3);
        device.run(device.kernel(HEADER + cas + FOOTER, "k"), 1, 64, device.ints(new int[64]), out);
        assertThat(out.get(ValueLayout.JAVA_INT, 0)).as("3, 13, 23, 33, 43, 53, 63, 73").isEqualTo(73);
    }

    @Test
    @OnlyOnProcessor("which thread comes when is not said")
    void atomicsAddFloatsInTheOrderOfLanes() throws Exception {
        float[] values = new float[64];
        Random random = new Random(6);
        float sum = 1;
        double wide = 1;
        for (int i = 0; i < 64; i++) {
            values[i] = random.nextFloat() * 1000;
            sum += values[i];
            wide += values[i];
        }
        MemorySegment out = device.allocate(16);
        out.set(ValueLayout.JAVA_FLOAT, 0, 1f);
        out.set(ValueLayout.JAVA_DOUBLE, 8, 1.0);
        String body = ".reg .f32 f; .reg .f64 g;\nld.param.u64 d, [D];\nmov.b32 f, x;\nred.global.add.f32 [d], f;\n"
                + "cvt.f64.f32 g, f;\nred.global.add.f64 [d+8], g;\nbra END;\n";
        device.run(device.kernel(HEADER + body + FOOTER, "k"), 1, 64, device.floats(values), out);
        assertThat(out.get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(sum);
        assertThat(out.get(ValueLayout.JAVA_DOUBLE, 8)).isEqualTo(wide);
    }
}
