package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static dev.cryo.benchmarks.apps.Gpu.of;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemsetD32Async;
import static jcuda.driver.JCudaDriver.cuModuleGetGlobal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;

/** Launches of one thread, by each way in which a kernel can come by its pointers, and the same on what is expected. */
final class RandomKernels {
    private final CUmodule module;
    private final CUstream stream;
    private final Random random;
    private final int slot;
    private final CUdeviceptr slots = new CUdeviceptr();
    private final Map<String, CUfunction> functions = new HashMap<>();

    /** Words of a region, from a byte that is a multiple of their size. */
    record Words(RandomRegion region, int from, int count) {
        int to() {
            return from + count * Integer.BYTES;
        }

        CUdeviceptr start() {
            return region.at(from);
        }

        CUdeviceptr end() {
            return region.at(to());
        }

        private void change(int word, int i, int salt) {
            int at = from + word * Integer.BYTES;
            region.expected().putInt(at, region.expected().getInt(at) * 31 + (salt ^ i));
        }

        private void changed() {
            region.queuedWrite(from, to());
        }
    }

    RandomKernels(CUmodule module, CUstream stream, Random random, int slot) {
        this.module = module;
        this.stream = stream;
        this.random = random;
        this.slot = slot;
        check(cuModuleGetGlobal(slots, new long[1], module, "slots"));
    }

    private void launch(String name, int threads, Pointer... parameters) {
        Gpu.launch(functions.computeIfAbsent(name, key -> Gpu.function(module, key)), threads, stream, parameters);
    }

    /** Changes all words by one of the kernels that change each from what it was. */
    String modify(Words words) {
        int count = words.count;
        int salt = random.nextInt();
        String name =
                switch (random.nextInt(8)) {
                    case 0 -> {
                        int first = random.nextInt(3) - 1; // The pointer can be one before the region too.
                        launch(
                                "modify",
                                count,
                                of(words.region.at(words.from - first * Integer.BYTES)),
                                of(first),
                                of(count),
                                of(salt));
                        yield "modify, pointer before by " + first;
                    }
                    case 1 -> {
                        launch("modifyBack", count, of(words.end()), of(count), of(salt));
                        yield "modifyBack";
                    }
                    case 2 -> {
                        launch("modifyWork", count, work(words, salt));
                        yield "modifyWork";
                    }
                    case 3 -> modifySlot(words, salt);
                    case 4 -> {
                        int low = (int) Gpu.address(words.start());
                        int high = (int) (Gpu.address(words.start()) >>> 32);
                        launch("modifyHalves", count, of(low), of(high), of(count), of(salt));
                        yield "modifyHalves";
                    }
                    case 5 -> {
                        launch("modifyBytes", count, of(words.start()), of(count), of(salt));
                        ByteBuffer expected = words.region.expected();
                        for (int i = 0; i < count; i++) {
                            int at = words.from + i;
                            expected.put(at, (byte) (expected.get(at) * 7 + (salt ^ i)));
                        }
                        words.changed();
                        yield "modifyBytes";
                    }
                    case 6 -> {
                        launch("fill", count, of(words.start()), of(count), of(salt));
                        for (int i = 0; i < count; i++) {
                            words.region.expected().putInt(words.from + i * Integer.BYTES, i * 0x9E3779B1 + salt);
                        }
                        words.changed();
                        yield "fill";
                    }
                    case 7 -> {
                        launch("modify", count, of(words.start()), of(0), of(count), of(salt));
                        yield "modify";
                    }
                    default -> throw new IllegalStateException("nextInt(8) gave another number");
                };
        if (!name.equals("modifyBytes") && !name.equals("fill")) {
            for (int i = 0; i < count; i++) {
                words.change(name.equals("modifyBack") ? count - 1 - i : i, i, salt);
            }
            words.changed();
        }
        return name;
    }

    /** The structure that modifyWork takes: first, data, count, salt. */
    private Pointer work(Words words, int salt) {
        int first = random.nextInt(1000) - 500;
        ByteBuffer work = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        work.putInt(0, first);
        work.putLong(8, Gpu.address(words.start()) - (long) first * Integer.BYTES);
        work.putInt(16, words.count).putInt(20, salt);
        return Pointer.to(work.array());
    }

    private String modifySlot(Words words, int salt) {
        long[] pointer = {Gpu.address(words.start())};
        check(cuMemcpyHtoDAsync(slots.withByteOffset(8L * slot), Pointer.to(pointer), Long.BYTES, stream));
        launch("modifySlot", words.count, of(slot), of(words.count), of(salt));
        return "modifySlot";
    }

    /** Changes words of one of two places, or every second of both. */
    String modifyTwo(Words a, Words b) {
        int salt = random.nextInt();
        int count = Math.min(a.count, b.count);
        int kind = random.nextInt(3);
        if (kind < 2) {
            launch("modifyEither", count, of(a.start()), of(b.start()), of(kind), of(count), of(salt));
        } else {
            launch("modifyAlternate", count, of(a.start()), of(b.start()), of(count), of(salt));
        }
        for (int i = 0; i < count; i++) {
            boolean first = kind == 1 || kind == 2 && i % 2 == 0;
            (first ? a : b).change(i, i, salt);
        }
        a.changed();
        b.changed();
        return kind < 2 ? "modifyEither" : "modifyAlternate";
    }

    /** Adds words to a cell of another place, 8 bytes which must hold nothing that is needed. */
    String sum(Words words, RandomRegion out, int at) {
        check(cuMemsetD32Async(out.at(at), 0, 2, stream));
        launch("sum", words.count, of(words.start()), of(words.count), of(out.at(at)));
        long sum = 0;
        for (int i = 0; i < words.count; i++) {
            sum += Integer.toUnsignedLong(words.region.expected().getInt(words.from + i * Integer.BYTES));
        }
        out.expected().putLong(at, sum);
        out.queuedWrite(at, at + Long.BYTES);
        words.region.queuedRead(words.from, words.to());
        return "sum";
    }

    /** Changes words through pointers that the host has written to a table in unified memory. */
    String modifyTable(RandomRegion table, int at, List<Words> targets) {
        int salt = random.nextInt();
        for (int i = 0; i < targets.size(); i++) {
            long pointer = Gpu.address(targets.get(i).start());
            table.view().putLong(at + i * Long.BYTES, pointer);
            table.expected().putLong(at + i * Long.BYTES, pointer);
        }
        launch("modifyTable", 1, of(table.at(at)), of(targets.size()), of(salt));
        table.queuedRead(at, at + targets.size() * Long.BYTES);
        for (int i = 0; i < targets.size(); i++) {
            targets.get(i).change(0, i, salt);
            targets.get(i).changed();
        }
        return "modifyTable";
    }

    /** Changes the values of a list whose nodes, of four words each, the host has linked across regions. */
    String modifyList(List<Words> nodes) {
        int salt = random.nextInt();
        for (int i = 0; i < nodes.size(); i++) {
            Words node = nodes.get(i);
            long next = i + 1 < nodes.size() ? Gpu.address(nodes.get(i + 1).start()) : 0;
            node.region.view().putLong(node.from, next);
            node.region.expected().putLong(node.from, next);
        }
        launch("modifyList", 1, of(nodes.getFirst().start()), of(salt));
        for (int i = 0; i < nodes.size(); i++) {
            nodes.get(i).change(2, i, salt);
            nodes.get(i).changed();
        }
        return "modifyList";
    }
}
