package dev.cryo.lower.ptx.device;

import dev.cryo.lower.contract.DeviceRig;
import dev.cryo.streamlog.call.Call;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Kernels that reach memory in every way, with what they do in Java. Words are ints, i is a thread's number. */
final class DeferredKernels {
    private static final long MODULE = 500;
    private static final String[] NAMES = {"vectors", "gather", "count"};
    private static final int THREADS = 128;
    private static final String HEAD = """
            .version 7.0
            .target sm_70
            .address_size 64
            """;
    private static final String ENTRY = """
            .visible .entry %s(.param .u64 to, .param .u64 from, .param .u32 words, .param .u32 a, .param .u32 b) {
                .reg .b32 %%r<20>;
                .reg .b64 %%d<10>;
                .reg .pred %%p<3>;
                ld.param.u64 %%d1, [to];
                ld.param.u64 %%d2, [from];
                ld.param.u32 %%r1, [words];
                ld.param.u32 %%r2, [a];
                ld.param.u32 %%r3, [b];
                mov.u32 %%r4, %%ctaid.x;
                mov.u32 %%r5, %%ntid.x;
                mov.u32 %%r6, %%tid.x;
                mad.lo.u32 %%r7, %%r4, %%r5, %%r6;
            %s
            E:  ret;
            }
            """;
    /** Four words at a time; {@code words} is how many fours there are. */
    private static final String VECTORS = """
                setp.ge.u32 %p1, %r7, %r1;
                @%p1 bra E;
                mul.wide.u32 %d3, %r7, 16;
                add.s64 %d4, %d1, %d3;
                add.s64 %d5, %d2, %d3;
                ld.global.v4.u32 {%r10, %r11, %r12, %r13}, [%d5];
                add.u32 %r10, %r10, %r2;
                add.u32 %r13, %r13, %r3;
                st.global.v4.u32 [%d4], {%r10, %r11, %r12, %r13};
            """;
    /** {@code to[i] = from[(i * a + b) % words]}. */
    private static final String GATHER = """
                mad.lo.u32 %r8, %r7, %r2, %r3;
                rem.u32 %r9, %r8, %r1;
                mul.wide.u32 %d3, %r9, 4;
                add.s64 %d5, %d2, %d3;
                ld.global.u32 %r10, [%d5];
                mul.wide.u32 %d3, %r7, 4;
                add.s64 %d4, %d1, %d3;
                st.global.u32 [%d4], %r10;
            """;
    /** {@code to[(i * a + b) % words] += 1}, by generic addresses. */
    private static final String COUNT = """
                mad.lo.u32 %r8, %r7, %r2, %r3;
                rem.u32 %r9, %r8, %r1;
                mul.wide.u32 %d3, %r9, 4;
                add.s64 %d4, %d1, %d3;
                atom.add.u32 %r10, [%d4], 1;
            """;

    private final DeviceRig rig;

    DeferredKernels(DeviceRig rig) {
        this.rig = rig;
        String text = HEAD + ENTRY.formatted(NAMES[0], VECTORS) + ENTRY.formatted(NAMES[1], GATHER)
                + ENTRY.formatted(NAMES[2], COUNT) + '\0';
        rig.call(new Call.ModuleLoad(
                MODULE, DeviceRig.CONTEXT, text.getBytes(StandardCharsets.US_ASCII), 0x1800_0000_0000L, 0));
        for (int i = 0; i < NAMES.length; i++) {
            rig.call(new Call.FunctionGet(MODULE + 1 + i, MODULE, NAMES[i]));
        }
    }

    private void launch(int kernel, long stream, int blocks, long to, long from, int words, int a, int b) {
        byte[] parameters = ByteBuffer.allocate(28).order(ByteOrder.LITTLE_ENDIAN)
                .putLong(to).putLong(from).putInt(words).putInt(a).putInt(b).array();
        rig.queue(new Call.Launch(MODULE + 1 + kernel, stream, blocks, 1, 1, THREADS, 1, 1, 0, parameters));
    }

    /** Copies fours of words, adding to the first and the last of each. */
    void vectors(long stream, long to, long from, int fours, int a, int b) {
        launch(0, stream, Math.ceilDiv(fours, THREADS), to, from, fours, a, b);
    }

    static void vectors(ByteBuffer to, int toAt, ByteBuffer from, int fromAt, int fours, int a, int b) {
        for (int i = 0; i < fours; i++) {
            for (int k = 0; k < 4; k++) {
                int more = k == 0 ? a : k == 3 ? b : 0;
                to.putInt(toAt + 16 * i + 4 * k, from.getInt(fromAt + 16 * i + 4 * k) + more);
            }
        }
    }

    /** Gathers words from far and wide. */
    void gather(long stream, int blocks, long to, long from, int words, int a, int b) {
        launch(1, stream, blocks, to, from, words, a, b);
    }

    static void gather(int blocks, ByteBuffer to, int toAt, ByteBuffer from, int words, int a, int b) {
        for (int i = 0; i < blocks * THREADS; i++) {
            to.putInt(toAt + 4 * i, from.getInt(4 * Integer.remainderUnsigned(i * a + b, words)));
        }
    }

    /** Adds one to words far and wide. */
    void count(long stream, int blocks, long to, int words, int a, int b) {
        launch(2, stream, blocks, to, 0, words, a, b);
    }

    static void count(int blocks, ByteBuffer to, int words, int a, int b) {
        for (int i = 0; i < blocks * THREADS; i++) {
            int at = 4 * Integer.remainderUnsigned(i * a + b, words);
            to.putInt(at, to.getInt(at) + 1);
        }
    }

    /** How many threads so many blocks have. */
    static int threads(int blocks) {
        return blocks * THREADS;
    }
}
