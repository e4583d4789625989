package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static dev.cryo.benchmarks.apps.Gpu.of;
import static jcuda.driver.JCudaDriver.cuCtxSynchronize;
import static jcuda.driver.JCudaDriver.cuMemAllocManaged;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmemAttach_flags;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;

/**
 * What goes wrong where shadow pages are done in the obvious way, each by itself and once per step.
 *
 * <p>Options: {@code --steps 20 --step-ms 0 --hazard partial-write|poll|neighbours|flag|pages|files}.
 */
public final class UnifiedHazards implements Program.Body {
    private static final int PAGE = 4096;
    private static final int PAGE_WORDS = PAGE / Integer.BYTES;
    private static final int PAGES = 64;
    private static final int NEIGHBOURS = 60;
    private static final long PATIENCE_NANOS = 20_000_000_000L;

    private final Gpu gpu = new Gpu();
    private final CUmodule module = Gpu.load("random");
    private final CUfunction fill = Gpu.function(module, "fill");
    private final CUfunction modify = Gpu.function(module, "modify");
    private final CUstream stream = Gpu.stream();
    private final CUstream other = Gpu.stream();
    private final CUdeviceptr memory = managed(PAGES * PAGE);
    private final ByteBuffer view = view(memory, PAGES * PAGE);
    private final int[] expected = new int[PAGES * PAGE_WORDS];
    private final String hazard;

    private UnifiedHazards(Options options) throws IOException {
        hazard = options.text("hazard");
        for (int i = 0; i < expected.length; i++) {
            put(i, i);
        }
    }

    /** Runs the application. */
    public static void main(String[] args) {
        Program.main(args, UnifiedHazards::new, "steps", "20", "step-ms", "0", "hazard", "partial-write");
    }

    private static CUdeviceptr managed(int bytes) {
        var memory = new CUdeviceptr();
        check(cuMemAllocManaged(memory, bytes, CUmemAttach_flags.CU_MEM_ATTACH_GLOBAL));
        return memory;
    }

    private static ByteBuffer view(CUdeviceptr memory, int bytes) {
        return memory.getByteBuffer(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void put(int word, int value) {
        view.putInt(word * Integer.BYTES, value);
        expected[word] = value;
    }

    private int get(int word) {
        return view.getInt(word * Integer.BYTES);
    }

    private void fill(CUstream in, int word, int count, int salt) {
        Gpu.launch(fill, count, in, of(memory.withByteOffset((long) word * Integer.BYTES)), of(count), of(salt));
        for (int i = 0; i < count; i++) {
            expected[word + i] = i * 0x9E3779B1 + salt;
        }
    }

    private void verify() {
        int[] words = new int[expected.length];
        view.asIntBuffer().get(words);
        Program.checkEqual(hazard, expected, words);
    }

    @Override
    public void step(int step) throws Exception {
        switch (hazard) {
            case "partial-write" -> writePartly(step);
            case "poll" -> poll(step);
            case "neighbours" -> useNeighbours(step);
            case "flag" -> waitForFlag(step);
            case "pages" -> writeDifferentPages(step);
            case "files" -> useFiles(step);
            default -> throw new Program.Failed("no hazard is called " + hazard);
        }
    }

    /** The host's first access to pages that the device has written is a write to a part of them. */
    private void writePartly(int step) {
        fill(stream, 0, expected.length, step);
        check(cuStreamSynchronize(stream));
        for (int page = 0; page < PAGES; page++) {
            put(page * PAGE_WORDS + (step * 37 + page) % PAGE_WORDS, -step);
        }
        // Across the border of two pages.
        view.putLong(PAGE - Integer.BYTES, 0x0123456789abcdefL);
        expected[PAGE_WORDS - 1] = 0x89abcdef;
        expected[PAGE_WORDS] = 0x01234567;
        verify();
        Gpu.launch(modify, expected.length, stream, of(memory), of(0), of(expected.length), of(step));
        for (int i = 0; i < expected.length; i++) {
            expected[i] = expected[i] * 31 + (step ^ i);
        }
        check(cuStreamSynchronize(stream));
        verify();
    }

    /** The host has written a page and looks at it again and again until the device has written it. */
    private void poll(int step) {
        put(0, 0);
        put(1, step);
        int salt = step + 1;
        fill(stream, 5000, 2000, step);
        fill(stream, 0, 1, salt);
        long start = System.nanoTime();
        while (get(0) != salt) {
            Program.check(System.nanoTime() - start < PATIENCE_NANOS, "the device's write does not become visible");
            Thread.onSpinWait();
        }
        verify();
    }

    /** Many small allocations, used by both sides in turn: what is done to one must not touch another. */
    private void useNeighbours(int step) {
        List<CUdeviceptr> small = new ArrayList<>();
        List<ByteBuffer> views = new ArrayList<>();
        for (int i = 0; i < NEIGHBOURS; i++) {
            small.add(managed(Integer.BYTES + i % 3));
            views.add(view(small.get(i), Integer.BYTES));
            views.get(i).putInt(0, i);
        }
        long pages = small.stream().map(Gpu::address).map(at -> at / PAGE).distinct().count();
        Program.check(pages == NEIGHBOURS, NEIGHBOURS + " small allocations lie in " + pages + " pages");
        for (int i = 0; i < NEIGHBOURS; i += 2) {
            Gpu.launch(fill, 1, i % 4 == 0 ? stream : other, of(small.get(i)), of(1), of(step + i));
            views.get(i + 1).putInt(0, -i);
        }
        check(cuCtxSynchronize());
        for (int i = 0; i < NEIGHBOURS; i++) {
            int wanted = i % 2 == 0 ? step + i : 1 - i;
            int actual = views.get(i).getInt(0);
            Program.check(actual == wanted, "allocation " + i + " holds " + actual + ", expected " + wanted);
            check(cuMemFree(small.get(i)));
        }
    }

    /** A thread waits for a flag that another sets, while others write elsewhere in the region and the device works. */
    private void waitForFlag(int step) throws Exception {
        put(0, 0);
        CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> {
            long start = System.nanoTime();
            while (get(0) != step) {
                Program.check(System.nanoTime() - start < PATIENCE_NANOS, "the flag is not seen");
                Thread.onSpinWait();
            }
        });
        Random random = new Random(step);
        for (int i = 0; i < 30; i++) {
            int word = PAGE_WORDS * 2 + random.nextInt(PAGE_WORDS * 20);
            put(word, random.nextInt());
            put(1 + random.nextInt(PAGE_WORDS - 1), random.nextInt());
            fill(stream, PAGE_WORDS * (30 + random.nextInt(20)), 500, random.nextInt());
        }
        put(0, step);
        waiting.get();
        check(cuStreamSynchronize(stream));
        verify();
    }

    /** Two kernels of two streams and the host write different pages of one region at the same time. */
    private void writeDifferentPages(int step) {
        Random random = new Random(step);
        for (int i = 0; i < 10; i++) {
            fill(stream, 0, PAGE_WORDS, random.nextInt());
            fill(other, PAGE_WORDS, PAGE_WORDS, random.nextInt());
            for (int k = 0; k < 20; k++) {
                put(2 * PAGE_WORDS + random.nextInt(PAGE_WORDS), random.nextInt());
            }
        }
        check(cuCtxSynchronize());
        verify();
    }

    /** The kernel itself reads and writes the pages, in system calls. */
    private void useFiles(int step) throws IOException {
        Path file = Files.createTempFile("cryo-unified-", ".bin");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            fill(stream, 0, expected.length, step);
            check(cuStreamSynchronize(stream));
            ByteBuffer out = view.duplicate().clear();
            while (out.hasRemaining()) {
                channel.write(out, out.position());
            }
            fill(stream, 0, expected.length, -step);
            check(cuStreamSynchronize(stream));
            int from = 100 + step;
            ByteBuffer in = view.slice(from, 50_000);
            while (in.hasRemaining()) {
                channel.read(in, from + in.position());
            }
            ByteBuffer whole = ByteBuffer.allocate(PAGES * PAGE).order(ByteOrder.LITTLE_ENDIAN);
            whole.asIntBuffer().put(expected);
            byte[] part = Files.readAllBytes(file);
            whole.put(from, part, from, 50_000);
            whole.asIntBuffer().get(expected);
            verify();
            fill(stream, 0, 1000, step);
            check(cuStreamSynchronize(stream));
            verify();
        } finally {
            Files.delete(file);
        }
    }

    @Override
    public String finish() {
        verify();
        return new Digest().add(expected).hex();
    }

    @Override
    public void close() {
        gpu.close();
    }
}
