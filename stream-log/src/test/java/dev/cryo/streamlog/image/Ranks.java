package dev.cryo.streamlog.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.call.LowerHalf;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Stores beside each other that share blocks, and images of memory whose blocks are known by numbers. */
final class Ranks {
    /** What a block of the test has, in two pages. */
    static final int BYTES = 8192;

    private final Path home;

    Ranks(Path home) {
        this.home = home;
    }

    Path images(String rank) {
        return home.resolve(rank).resolve("images");
    }

    ImageStore store(String rank) throws IOException {
        return store(rank, Disk.REAL);
    }

    ImageStore store(String rank, Disk disk) throws IOException {
        Files.createDirectories(home.resolve(rank));
        return ImageStore.in(images(rank), disk, TestImages.CLOCK).sharing(() -> others(rank));
    }

    List<Path> others(String rank) throws IOException {
        try (Stream<Path> jobs = Files.list(home)) {
            return jobs.filter(job -> Files.isDirectory(job) && !job.endsWith(rank))
                    .map(job -> job.resolve("images"))
                    .sorted()
                    .toList();
        }
    }

    /** Commits an image with these blocks. */
    static long commit(ImageStore store, List<Integer> blocks) throws IOException {
        try (ImageWriter image = store.begin()) {
            write(image, blocks);
            image.commit(TestImages.job());
            return image.number();
        }
    }

    static void write(ImageWriter image, List<Integer> blocks) throws IOException {
        try (SectionWriter device = image.sections("device")) {
            device.memory(Section.DEVICE, ranges(blocks), (address, into) -> MemorySegment.copy(
                    contents(blocks.get(window(address))), 0, into, ValueLayout.JAVA_BYTE, 0, BYTES));
            image.add(device.finish());
        }
    }

    private static List<LowerHalf.Range> ranges(List<Integer> blocks) {
        return IntStream.range(0, blocks.size())
                .mapToObj(i -> new LowerHalf.Range(TestImages.ARENA + (long) i * ImageFormat.BLOCK_BYTES, BYTES))
                .toList();
    }

    private static int window(long address) {
        return (int) ((address - TestImages.ARENA) / ImageFormat.BLOCK_BYTES);
    }

    private static byte[] contents(int block) {
        return TestImages.bytes(new Random(block), BYTES);
    }

    /** Verifies every byte of an image and compares its blocks. */
    static void assertHas(ImageStore store, long number, List<Integer> blocks) throws IOException {
        try (ImageReader image = store.read(number)) {
            image.verifyAll((done, of) -> {});
            int[] seen = {0};
            image.readMemory(Section.DEVICE, (address, contents) -> {
                assertThat(contents.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(contents(blocks.get(window(address))));
                seen[0]++;
            });
            assertThat(seen[0]).isEqualTo(blocks.size());
        }
    }

    /** What all packs take on the disk: a file of several names once. */
    long diskBytes() throws IOException {
        Map<Object, Long> files = new HashMap<>();
        try (Stream<Path> jobs = Files.list(home)) {
            for (Path job : jobs.toList()) {
                for (Path pack : packs(job.resolve("images/packs"))) {
                    files.put(PeerPack.identity(pack), Files.size(pack));
                }
            }
        }
        return files.values().stream().mapToLong(Long::longValue).sum();
    }

    private static List<Path> packs(Path folder) throws IOException {
        try (Stream<Path> packs = Files.list(folder)) {
            return packs.toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    List<String> packNames(String rank) throws IOException {
        return packs(images(rank).resolve("packs")).stream()
                .map(pack -> pack.getFileName().toString())
                .sorted()
                .toList();
    }

    /** Removes a job as its owner does, with all that it has. */
    void delete(String rank) throws IOException {
        if (Files.exists(home.resolve(rank), LinkOption.NOFOLLOW_LINKS)) {
            Disk.REAL.deleteTree(home.resolve(rank));
        }
    }
}
