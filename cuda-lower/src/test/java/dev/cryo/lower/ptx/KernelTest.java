package dev.cryo.lower.ptx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Kernels compiled by nvcc, against the same computation in Java. */
class KernelTest {
    private final Device device = new Device();
    private final String ptx = Device.resource("basics.ptx");

    @AfterEach
    void close() {
        device.close();
    }

    private static float[] random(int n, long seed) {
        Random random = new Random(seed);
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return values;
    }

    @Test
    void addsVectorsOfAnyLength() throws Exception {
        for (int n : new int[] {1, 31, 256, 1000}) {
            float[] a = random(n, 1);
            float[] b = random(n, 2);
            MemorySegment c = device.allocate(4L * n);
            device.run(device.kernel(ptx, "vectorAdd"), (n + 255) / 256, 256, device.floats(a), device.floats(b), c, n);
            for (int i = 0; i < n; i++) {
                assertThat(c.getAtIndex(ValueLayout.JAVA_FLOAT, i)).isEqualTo(a[i] + b[i]);
            }
        }
    }

    @Test
    void multipliesMatricesInTiles() throws Exception {
        int m = 50;
        int n = 37;
        int k = 45;
        float[] a = random(m * k, 3);
        float[] b = random(k * n, 4);
        MemorySegment c = device.allocate(4L * m * n);
        device.run(device.kernel(ptx, "matmul"), new Dim3((n + 15) / 16, (m + 15) / 16), new Dim3(16, 16), 0,
                device.floats(a), device.floats(b), c, m, n, k);
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                float expected = 0;
                for (int l = 0; l < k; l++) {
                    expected = Math.fma(a[i * k + l], b[l * n + j], expected);
                }
                assertThat(c.getAtIndex(ValueLayout.JAVA_FLOAT, (long) i * n + j)).isEqualTo(expected);
            }
        }
    }

    @Test
    void computesSoftmaxWithShuffles() throws Exception {
        int rows = 5;
        int n = 77;
        float[] x = random(rows * n, 5);
        MemorySegment y = device.allocate(4L * rows * n);
        MemorySegment logs = device.floats(0);
        device.comparedAs(new Sameness.Within(1e-5, 1e-7));
        device.run(device.kernel(ptx, "softmax"), rows, 32, device.floats(x), y, logs, n);
        double logSum = 0;
        for (int r = 0; r < rows; r++) {
            double max = -1e30;
            double sum = 0;
            for (int i = 0; i < n; i++) {
                max = Math.max(max, x[r * n + i]);
            }
            for (int i = 0; i < n; i++) {
                sum += Math.exp(x[r * n + i] - max);
            }
            logSum += Math.log(sum);
            for (int i = 0; i < n; i++) {
                assertThat((double) y.getAtIndex(ValueLayout.JAVA_FLOAT, (long) r * n + i))
                        .isCloseTo(Math.exp(x[r * n + i] - max) / sum, within(1e-7));
            }
        }
        assertThat((double) logs.get(ValueLayout.JAVA_FLOAT, 0)).isCloseTo(logSum, within(1e-4));
    }

    @Test
    void updatesWeightsInAStridedLoop() throws Exception {
        int n = 1000;
        float[] w = random(n, 6);
        float[] g = random(n, 7);
        MemorySegment weights = device.floats(w);
        // A multiplication and a subtraction may be fused.
        device.comparedAs(new Sameness.Within(0, 1e-7));
        device.run(device.kernel(ptx, "sgd"), 2, 96, weights, device.floats(g), 0.1f, n);
        for (int i = 0; i < n; i++) {
            assertThat(weights.getAtIndex(ValueLayout.JAVA_FLOAT, i)).isEqualTo(w[i] - 0.1f * g[i]);
        }
    }

    @Test
    void reachesGlobalConstantSharedAndLocalMemory() throws Exception {
        double[] x = new double[32];
        int[] c = new int[32];
        long[] l = new long[32];
        Random random = new Random(8);
        MemorySegment xs = device.allocate(8 * 32);
        for (int i = 0; i < 32; i++) {
            x[i] = random.nextDouble();
            xs.setAtIndex(ValueLayout.JAVA_DOUBLE, i, x[i]);
            c[i] = random.nextInt() & 0x3f3f3f3f;
            l[i] = random.nextLong();
        }
        MemorySegment cs = device.ints(c);
        MemorySegment ls = device.longs(l);
        LoadedModule module = device.load(ptx);
        device.run(Objects.requireNonNull(module.kernel("spaces")), new Dim3(1), new Dim3(32), 256, xs, cs,
                ls);
        for (int i = 0; i < 32; i++) {
            byte first = (byte) (c[i] + 1);
            double expected = Math.sqrt(x[31 - i] / 3.0) + (i % 4 + 1);
            int index = first % 10;
            expected += (byte) (c[index] >> 8);
            assertThat(xs.getAtIndex(ValueLayout.JAVA_DOUBLE, i)).isEqualTo(expected);
            assertThat(cs.get(ValueLayout.JAVA_BYTE, 4L * i)).isEqualTo(first);
            assertThat(ls.getAtIndex(ValueLayout.JAVA_LONG, i)).isEqualTo(Math.unsignedMultiplyHigh(l[i], l[i] + 1));
        }
        long counter = Objects.requireNonNull(module.globalAddress("counter"));
        assertThat(MemorySegment.ofAddress(counter).reinterpret(4).get(ValueLayout.JAVA_INT, 0)).isEqualTo(6);
    }

    @Test
    void reducesOverAllBlocksOnSeveralThreads() throws Exception {
        int n = 100_000;
        int[] x = new Random(9).ints(n).toArray();
        int expected = 0;
        for (int v : x) {
            expected += v;
        }
        MemorySegment total = device.ints(0);
        try (ExecutorService workers = Executors.newFixedThreadPool(2)) {
            device.run(device.kernel(ptx, "reduce"), new Dim3(40), new Dim3(256), 0,
                    new LaunchContext(workers, 3, () -> false), device.ints(x), total, n);
        }
        assertThat(total.get(ValueLayout.JAVA_INT, 0)).isEqualTo(expected);
    }
}
