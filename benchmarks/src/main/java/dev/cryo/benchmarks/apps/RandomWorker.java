package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static jcuda.driver.JCudaDriver.cuMemAdvise;
import static jcuda.driver.JCudaDriver.cuStreamAttachMemAsync;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import dev.cryo.benchmarks.apps.RandomKernels.Words;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import jcuda.Pointer;
import jcuda.driver.CUmemAttach_flags;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.runtime.JCuda;
import jcuda.runtime.cudaStream_t;
import org.jspecify.annotations.Nullable;

/** One thread of {@link UnifiedRandom} and its stream, and regions of its own. */
final class RandomWorker {
    private static final int FEWEST = 3;
    private static final int MOST = 8;
    private static final int MOST_WORDS = 12_000;
    private static final int REMEMBERED = 30;
    private static final int PAGE = 4096;

    private final Gpu gpu;
    private final int thread;
    private final Random random;
    private final RandomShared shared;
    /** Whether the host waits for all work of the stream before it touches anything, as CUDA wants it. */
    private final boolean strict;

    private final CUstream stream = Gpu.stream();
    private final RandomHost host;
    private final RandomKernels kernels;
    private final RandomCopies copies;
    private final List<RandomRegion> live = new ArrayList<>();
    private final Deque<String> last = new ArrayDeque<>();
    private long done;
    /** What of the shared cells the queued work may write. */
    private boolean sharedQueued;

    /** Whether work may be in the stream. */
    private boolean queued;

    RandomWorker(Gpu gpu, CUmodule module, RandomShared shared, int thread, long seed, boolean strict)
            throws IOException {
        this.gpu = gpu;
        this.thread = thread;
        this.shared = shared;
        this.strict = strict;
        random = new Random(seed * 1000 + thread);
        host = new RandomHost(random);
        kernels = new RandomKernels(module, stream, random, thread);
        copies = new RandomCopies(stream, random);
        for (int i = 0; i < FEWEST; i++) {
            allocate();
        }
    }

    /** Does so many operations, and compares everything at the end. */
    void work(int operations) {
        gpu.enter();
        try {
            for (int i = 0; i < operations; i++) {
                done++;
                remember(operate());
                queued |= live.stream().anyMatch(region -> !region.isSettled());
            }
            settle();
            for (RandomRegion region : live) {
                region.verify(0, region.bytes());
            }
        } catch (Program.Failed | IOException e) {
            throw new Program.Failed("thread " + thread + ", operation " + done + ": " + e.getMessage()
                    + "; the operations before, latest first: " + String.join("; ", last));
        }
    }

    private void remember(String operation) {
        last.addFirst(done + " " + operation);
        if (last.size() > REMEMBERED) {
            last.removeLast();
        }
    }

    private String operate() throws IOException {
        RandomRegion region = any();
        int from = random.nextInt(region.bytes());
        int left = region.bytes() - from;
        int to = from + 1 + random.nextInt(random.nextBoolean() ? left : Math.min(200, left));
        String where = String.format(" at 0x%x of %d: %d to %d", region.address(), region.bytes(), from, to);
        int dice = random.nextInt(100);
        if (dice < 22) {
            settleToRead(region, from, to);
            return host.read(region, from, to) + where;
        } else if (dice < 42) {
            settleToWrite(region, from, to);
            return host.write(region, from, to) + where;
        } else if (dice < 46) {
            return copyOnHost();
        } else if (dice < 62) {
            return launch();
        } else if (dice < 70) {
            return strict ? launch() : shared();
        } else if (dice < 86) {
            usable(region);
            return copy(region, from, to) + where;
        } else if (dice < 95) {
            return hint(region, from, to) + where;
        } else if (dice < 97) {
            settle();
            return "synchronization";
        } else {
            return renew();
        }
    }

    private RandomRegion any() {
        return live.get(random.nextInt(live.size()));
    }

    private void settle() {
        check(cuStreamSynchronize(stream));
        live.forEach(RandomRegion::settled);
        sharedQueued = false;
        queued = false;
    }

    private void settleToRead(RandomRegion region, int from, int to) {
        if (strict && queued || !region.mayRead(from, to)) {
            settle();
        }
    }

    private void settleToWrite(RandomRegion region, int from, int to) {
        if (strict && queued || !region.mayWrite(from, to)) {
            settle();
        }
    }

    /** Lets work use a region. */
    private void usable(RandomRegion region) {
        if (region.hostOnly()) {
            attach(region, CUmemAttach_flags.CU_MEM_ATTACH_SINGLE);
        }
    }

    private void attach(RandomRegion region, int flags) {
        settle();
        check(cuStreamAttachMemAsync(stream, region.at(0), 0, flags));
        region.hostOnly(flags == CUmemAttach_flags.CU_MEM_ATTACH_HOST);
        settle();
    }

    private String copyOnHost() {
        RandomRegion from = any();
        RandomRegion to = any();
        if (from == to) {
            return "nothing";
        }
        int bytes = 1 + random.nextInt(Math.min(from.bytes(), to.bytes()));
        int at = random.nextInt(from.bytes() - bytes + 1);
        int offset = random.nextInt(to.bytes() - bytes + 1);
        settleToRead(from, at, at + bytes);
        settleToWrite(to, offset, offset + bytes);
        return RandomHost.copy(from, at, to, offset, bytes)
                + String.format(" 0x%x+%d to 0x%x+%d, %d bytes", from.address(), at, to.address(), offset, bytes);
    }

    private String launch() {
        return switch (random.nextInt(8)) {
            case 0 -> kernelOfTwo();
            case 1 -> sum();
            case 2 -> table();
            case 3 -> list();
            default -> {
                Words words = words(any(), MOST_WORDS, Integer.BYTES);
                yield words == null ? "nothing" : kernels.modify(words) + describe(words);
            }
        };
    }

    private static String describe(Words words) {
        return String.format(
                " at 0x%x of %d: %d to %d", words.region().address(), words.region().bytes(), words.from(), words.to());
    }

    /** Some words of a region that work may use; null if it has none. */
    private @Nullable Words words(RandomRegion region, int most, int alignment) {
        int units = region.bytes() / alignment;
        if (units == 0) {
            return null;
        }
        usable(region);
        int from = random.nextInt(4) == 0 ? 0 : random.nextInt(units) * alignment;
        int left = (region.bytes() - from) / Integer.BYTES;
        int count = random.nextBoolean() ? Math.min(left, most) : 1 + random.nextInt(Math.min(left, most));
        return new Words(region, from, count);
    }

    private String kernelOfTwo() {
        Words a = words(any(), MOST_WORDS, Integer.BYTES);
        Words b = words(any(), MOST_WORDS, Integer.BYTES);
        if (a == null || b == null || a.region() == b.region()) {
            return "nothing";
        }
        return kernels.modifyTwo(a, b) + describe(a) + " and" + describe(b);
    }

    private String sum() {
        Words words = words(any(), MOST_WORDS, Integer.BYTES);
        RandomRegion out = any();
        if (words == null || out == words.region() || out.bytes() < Long.BYTES) {
            return "nothing";
        }
        usable(out);
        int at = random.nextInt(out.bytes() / Long.BYTES) * Long.BYTES;
        return kernels.sum(words, out, at) + describe(words);
    }

    private String table() {
        RandomRegion table = any();
        int room = table.bytes() / Long.BYTES;
        List<Words> targets = new ArrayList<>();
        for (int i = Math.min(room, 1 + random.nextInt(20)); i > 0; i--) {
            Words target = words(any(), 1, Integer.BYTES);
            if (target != null && target.region() != table) {
                targets.add(target);
            }
        }
        if (targets.isEmpty()) {
            return "nothing";
        }
        usable(table);
        int at = random.nextInt(room - targets.size() + 1) * Long.BYTES;
        settleToWrite(table, at, at + targets.size() * Long.BYTES);
        return kernels.modifyTable(table, at, targets) + String.format(" at 0x%x+%d", table.address(), at);
    }

    private String list() {
        List<Words> nodes = new ArrayList<>();
        for (int i = 1 + random.nextInt(20); i > 0; i--) {
            Words words = words(any(), 1, 16);
            if (words != null && nodes.stream().noneMatch(other -> other.region() == words.region()
                    && other.from() == words.from())) {
                nodes.add(new Words(words.region(), words.from(), 4));
            }
        }
        if (nodes.isEmpty()) {
            return "nothing";
        }
        nodes.forEach(node -> settleToWrite(node.region(), node.from(), node.to()));
        return kernels.modifyList(nodes) + describe(nodes.getFirst());
    }

    private String shared() {
        int from = random.nextInt(shared.mine());
        int to = from + 1 + random.nextInt(Math.min(1000, shared.mine() - from));
        switch (random.nextInt(5)) {
            case 0 -> {
                shared.modify(thread, stream, from, to, random.nextLong());
                sharedQueued = true;
            }
            case 1 -> {
                int first = random.nextInt(2000);
                shared.count(stream, first, first + 1 + random.nextInt(1000), random.nextInt());
            }
            case 2, 3 -> {
                if (sharedQueued) {
                    settle();
                }
                for (int i = from; i < to; i += 1 + random.nextInt(500)) {
                    shared.write(thread, i, random.nextLong());
                }
            }
            case 4 -> {
                if (sharedQueued) {
                    settle();
                }
                shared.verify(thread, from, to);
            }
            default -> throw new IllegalStateException("nextInt(5) gave another number");
        }
        return "shared cells " + from + " to " + to;
    }

    private String copy(RandomRegion region, int from, int to) {
        switch (random.nextInt(5)) {
            case 0 -> {
                return copies.set(region, from, to);
            }
            case 1 -> {
                return copies.fromHost(region, from, to);
            }
            case 2 -> {
                return copies.toHost(region, from, to);
            }
            case 3 -> {
                return copies.device(region, from, to);
            }
            case 4 -> {
                RandomRegion other = any();
                usable(other);
                int bytes = Math.min(to - from, other.bytes());
                int offset = random.nextInt(other.bytes() - bytes + 1);
                if (other == region && offset < from + bytes && from < offset + bytes) {
                    return "nothing";
                }
                return copies.between(region, from, other, offset, bytes)
                        + String.format(" to 0x%x+%d, %d bytes, from", other.address(), offset, bytes);
            }
            default -> throw new IllegalStateException("nextInt(5) gave another number");
        }
    }

    private String hint(RandomRegion region, int from, int to) {
        switch (random.nextInt(4)) {
            case 0 -> {
                int place = random.nextBoolean() ? 0 : JCuda.cudaCpuDeviceId;
                Pointer start = region.at(from);
                check(JCuda.cudaMemPrefetchAsync(start, to - from, place, new cudaStream_t(stream)));
                return "prefetch to " + place;
            }
            case 1 -> {
                int advice = 1 + random.nextInt(6);
                check(cuMemAdvise(region.at(0), region.bytes(), advice, gpu.device()));
                return "advice " + advice;
            }
            case 2 -> {
                check(cuMemAdvise(region.at(from), to - from, 1 + random.nextInt(2), gpu.device()));
                return "advice on a part";
            }
            case 3 -> {
                int flags = strict ? CUmemAttach_flags.CU_MEM_ATTACH_SINGLE : 1 << random.nextInt(3);
                attach(region, flags);
                return "attachment " + flags;
            }
            default -> throw new IllegalStateException("nextInt(4) gave another number");
        }
    }

    private String renew() {
        if (live.size() == MOST || live.size() > FEWEST && random.nextBoolean()) {
            RandomRegion freed = live.remove(random.nextInt(live.size()));
            freed.free(); // With work in the stream that uses it: CUDA waits for that.
            return String.format("free of 0x%x of %d", freed.address(), freed.bytes());
        }
        RandomRegion fresh = allocate();
        return String.format("allocation of 0x%x of %d", fresh.address(), fresh.bytes());
    }

    private RandomRegion allocate() {
        RandomRegion region = new RandomRegion(size(), stream);
        live.add(region);
        settle();
        byte[] values = new byte[region.bytes()];
        random.nextBytes(values);
        region.view().put(0, values);
        region.expected().put(0, values);
        return region;
    }

    private int size() {
        return switch (random.nextInt(8)) {
            case 0 -> 1 + random.nextInt(64);
            case 1 -> (1 + random.nextInt(3)) * PAGE - random.nextInt(3);
            case 2 -> 1 + random.nextInt(PAGE);
            case 3 -> random.nextInt(20) == 0 ? 3_000_000 + random.nextInt(PAGE) : 300_000 + random.nextInt(PAGE);
            default -> 1 + random.nextInt(100_000);
        };
    }

    void end(Digest digest) {
        for (RandomRegion region : live) {
            digest.add(region.expected().array());
            region.free();
        }
        copies.end();
    }
}
