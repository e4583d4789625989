package dev.cryo.lower.ptx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Lanes that part and meet, barriers among them, and waiting for others. */
@Timeout(60)
class ControlFlowTest {
    private final Device device = new Device();

    @AfterEach
    void close() {
        device.close();
    }

    @Test
    void randomProgramsComputeWhatAScalarInterpreterComputes() throws Exception {
        for (long seed = 1; seed <= 150; seed++) {
            RandomProgram program = new RandomProgram(seed);
            try (Device own = new Device()) {
                int lanes = 70;
                MemorySegment out = own.allocate(4L * RandomProgram.VARIABLES * lanes * 2);
                own.run(own.kernel(program.ptx(), "k"), 2, lanes, out);
                for (int block = 0; block < 2; block++) {
                    for (int thread = 0; thread < lanes; thread++) {
                        int[] expected = program.interpret(thread, block);
                        for (int i = 0; i < expected.length; i++) {
                            assertThat(out.getAtIndex(ValueLayout.JAVA_INT,
                                    ((long) block * lanes + thread) * RandomProgram.VARIABLES + i))
                                    .as("seed %d, block %d, thread %d, variable %d", seed, block, thread, i)
                                    .isEqualTo(expected[i]);
                        }
                    }
                }
            }
        }
    }

    private static final String HEADER = ".version 8.0\n.target sm_75\n.address_size 64\n";

    @Test
    void barriersInALoopThatEndsAtDifferentTimesPerBlock() throws Exception {
        LoadedKernel kernel = device.kernel(Device.resource("sync.ptx"), "rounds");
        MemorySegment out = device.allocate(4L * 4 * 128);
        device.run(kernel, 4, 128, out, 3);
        for (int block = 0; block < 4; block++) {
            for (int i = 0; i < 128; i++) {
                assertThat(out.getAtIndex(ValueLayout.JAVA_INT, block * 128L + i)).isEqualTo(rounds(i, 3 + block));
            }
        }
    }

    private static int rounds(int lane, int count) {
        int[] values = new int[128];
        for (int i = 0; i < 128; i++) {
            values[i] = i;
        }
        for (int r = 0; r < count; r++) {
            int[] next = values.clone();
            for (int i = 0; i < 128; i += 2) {
                next[i] = values[i] + values[(i + 1) % 128];
            }
            for (int i = 1; i < 128; i += 2) {
                next[i] = values[i] ^ r;
            }
            values = next;
        }
        return values[lane];
    }

    @Test
    void aSpinLockWithinAWarpMakesProgress() throws Exception {
        MemorySegment data = device.ints(0, 0);
        device.run(device.kernel(Device.resource("sync.ptx"), "spinLock"), 3, 64, data, data.asSlice(4));
        assertThat(data.getAtIndex(ValueLayout.JAVA_INT, 1)).isEqualTo(3 * 64);
    }

    @Test
    void blocksWaitForTheirPredecessors() throws Exception {
        int blocks = 300;
        MemorySegment flags = device.allocate(4L * (blocks + 1));
        flags.fill((byte) 0);
        device.run(device.kernel(Device.resource("sync.ptx"), "chain"), blocks, 32, flags);
        for (int b = 0; b < blocks; b++) {
            assertThat(flags.getAtIndex(ValueLayout.JAVA_INT, b + 1)).isEqualTo((b + 1) * (b + 2) / 2 + 1);
        }
    }

    @Test
    void allBlocksMeetAtAGridBarrierThoughOneThreadRunsThem() throws Exception {
        int blocks = 50;
        MemorySegment count = device.ints(0);
        MemorySegment seen = device.allocate(4L * blocks);
        device.run(device.kernel(Device.resource("sync.ptx"), "gridBarrier"), blocks, 32, count, seen);
        for (int b = 0; b < blocks; b++) {
            assertThat(seen.getAtIndex(ValueLayout.JAVA_INT, b)).isEqualTo(blocks);
        }
    }

    @Test
    void aKernelThatNeverEndsIsCancelled() throws Exception {
        String ptx = HEADER + ".visible .entry forever()\n{\nL: bra L;\n}\n";
        AtomicInteger asked = new AtomicInteger();
        LaunchContext context = new LaunchContext(Runnable::run, 1, () -> asked.incrementAndGet() > 5);
        LoadedKernel kernel = device.kernel(ptx, "forever");
        assertThatThrownBy(() -> kernel.launch(new Dim3(2), new Dim3(32), 0, new byte[0], context))
                .isInstanceOf(CancellationException.class).hasMessage("kernel forever was cancelled");
    }

    @Test
    void cancellingStopsAllThreads() throws Exception {
        String ptx = HEADER + ".visible .entry forever()\n{\nL: bra L;\n}\n";
        AtomicBoolean stop = new AtomicBoolean();
        LoadedKernel kernel = device.kernel(ptx, "forever");
        try (ExecutorService workers = Executors.newFixedThreadPool(2)) {
            workers.execute(() -> stop.set(true));
            assertThatThrownBy(() -> kernel.launch(new Dim3(8), new Dim3(32), 0, new byte[0],
                    new LaunchContext(workers, 2, stop::get))).isInstanceOf(CancellationException.class);
        }
    }

    @Test
    @OnlyOnProcessor("what threads of a warp that have ended are to a barrier is not said")
    void threadsThatEndEarlyDoNotHoldUpABarrier() throws Exception {
        String ptx = HEADER + ".visible .entry k(.param .u64 D)\n{\n.reg .u32 t, s; .reg .pred p, q; .reg .u64 d, o;\n"
                + "mov.u32 t, %tid.x; setp.ge.u32 p, t, 40; @p bra OUT;\nsetp.lt.u32 q, t, 7;\n"
                + "bar.red.popc.u32 s, 0, q;\nld.param.u64 d, [D]; mul.wide.u32 o, t, 4; add.u64 d, d, o;\n"
                + "st.global.u32 [d], s;\nOUT: ret;\n}\n";
        MemorySegment out = device.allocate(4 * 64);
        device.run(device.kernel(ptx, "k"), 1, 64, out);
        for (int i = 0; i < 40; i++) {
            assertThat(out.getAtIndex(ValueLayout.JAVA_INT, i)).isEqualTo(7);
        }
    }

    @Test
    void aBarrierThatNobodyCanCompleteIsAFault() throws Exception {
        String ptx = HEADER + ".visible .entry k()\n{\n.reg .u32 t; .reg .pred p;\nmov.u32 t, %tid.x;\n"
                + "setp.lt.u32 p, t, 32;\n@p bra A;\nbar.sync 1;\nbra B;\nA: bar.sync 2;\nB: ret;\n}\n";
        LoadedKernel kernel = device.kernel(ptx, "k");
        assertThatThrownBy(() -> device.run(kernel, 1, 64)).isInstanceOf(KernelFault.class)
                .hasMessageContaining("threads wait at a barrier that the others never reach");
    }

    @Test
    void namedBarriersWithCountsLetHalvesOfABlockProceed() throws Exception {
        LoadedKernel kernel = Objects.requireNonNull(device.load(Device.resource("sync.ptx")).kernel("halves"));
        MemorySegment out = device.allocate(4 * 128);
        device.run(kernel, 1, 128, out);
        for (int i = 0; i < 128; i++) {
            assertThat(out.getAtIndex(ValueLayout.JAVA_INT, i)).isEqualTo(i < 64 ? 63 - i : 64 + 127 - i);
        }
    }
}
