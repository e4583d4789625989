package dev.cryo.streamlog.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageCrashTest {
    private static final byte[] LOG = {0, 0, 0, 0};
    private static final AtomicInteger WRITTEN = new AtomicInteger();

    @TempDir
    private Path temp;

    private static void write(ImageStore store) throws IOException {
        // Some blocks are new in each image, others are not.
        TestImages.small(store, LOG, TestImages.bytes(new Random(WRITTEN.incrementAndGet()), 5000));
    }

    private static void assertAllImagesAreWhole(ImageStore store) throws IOException {
        for (long number : store.numbers()) {
            try (ImageReader image = store.read(number)) {
                image.verifyAll((done, of) -> {});
                assertThat(image.bytes(Section.LOG)).isEqualTo(LOG);
            }
        }
    }

    private static void assertNothingIsLeftBehind(Path images) throws IOException {
        try (Stream<Path> entries = Files.list(images)) {
            assertThat(entries.map(entry -> entry.getFileName().toString()))
                    .allMatch(name -> name.matches("[0-9]+|lock|packs"));
        }
        if (Files.exists(images.resolve("packs"))) {
            try (Stream<Path> packs = Files.list(images.resolve("packs"))) {
                assertThat(packs.map(pack -> pack.getFileName().toString()))
                        .allMatch(name -> name.endsWith(".pack"));
            }
            assertThat(ImageStore.in(images).collect(true)).isEqualTo(new ImageStore.Collected(0, 0));
        }
    }

    @Test
    void anEndAtAnyOperationLeavesEarlierImagesAndNoHalfOne() throws IOException {
        long seed = 99;
        Random random = new Random(seed);
        boolean faulted = true;
        for (int at = 0; faulted; at++) {
            for (int power = 0; power < 6; power++) {
                Path folder = Files.createDirectory(temp.resolve(at + "-" + power));
                write(TestImages.store(folder));
                FaultyDisk disk = new FaultyDisk(at, true);
                boolean committed = end(ImageStore.in(folder.resolve("images"), disk, TestImages.CLOCK));
                faulted = disk.faulted();
                if (power > 0) {
                    disk.powerFails(random);
                }
                checkAfterCrash(folder, committed);
            }
        }
    }

    private static boolean end(ImageStore store) throws IOException {
        boolean committed = false;
        try {
            write(store);
            committed = true;
            store.remove(2);
            store.collect(false);
        } catch (FaultyDisk.Crash e) {
            assertThat(e).hasNoCause();
        }
        return committed;
    }

    private void checkAfterCrash(Path folder, boolean committed) throws IOException {
        ImageStore after = TestImages.store(folder);
        assertThat(after.numbers()).contains(1L);
        boolean begunBefore = Files.exists(folder.resolve("images/2"));
        assertAllImagesAreWhole(after);
        after.cleanLeftovers();
        assertNothingIsLeftBehind(folder.resolve("images"));
        assertAllImagesAreWhole(after);
        write(after);
        assertThat(after.latest().orElse(0)).isGreaterThan(1);
        if (committed || begunBefore) {
            assertThat(after.latest()).hasValue(3);
        }
        assertAllImagesAreWhole(after);
    }

    @Test
    void aFailureOfAnyOperationIsToldAndLeavesNoImage() throws IOException {
        boolean faulted = true;
        for (int at = 0; faulted; at++) {
            Path folder = Files.createDirectory(temp.resolve("" + at));
            write(TestImages.store(folder));
            FaultyDisk disk = new FaultyDisk(at, false);
            ImageStore store = ImageStore.in(folder.resolve("images"), disk, TestImages.CLOCK);
            IOException failure = null;
            try {
                write(store);
            } catch (IOException e) {
                failure = e;
            }
            faulted = disk.faulted();
            assertThat(failure != null).isEqualTo(faulted);
            if (failure != null) {
                assertThat(failure).hasMessageContaining(folder.resolve("images").toString());
            }
            assertAllImagesAreWhole(store);
            assertNothingIsLeftBehind(folder.resolve("images"));
            write(TestImages.store(folder));
            assertAllImagesAreWhole(store);
        }
    }

    @Test
    void aWriterThatIsKilledLeavesWholeImages() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Path folder = Files.createDirectory(temp.resolve("killed"));
        ImageStore store = TestImages.store(folder);
        for (int round = 0; round < 4; round++) {
            long before = store.latest().orElse(0);
            Process writer = start(folder, "endless");
            try {
                await(writer, () -> store.latest().orElse(0) > before);
                Thread.sleep(random.nextInt(60));
                assertThat(writer.isAlive()).isTrue();
            } finally {
                writer.destroyForcibly().waitFor();
            }
            assertAllImagesAreWhole(store);
            store.cleanLeftovers();
            assertNothingIsLeftBehind(folder.resolve("images"));
            assertThat(store.latest().orElse(0)).as("seed %s", seed).isGreaterThan(before);
        }
    }

    @Test
    void aWriterOfAnotherProcessExcludesOthersUntilItDies() throws Exception {
        Path folder = Files.createDirectory(temp.resolve("held"));
        ImageStore store = TestImages.store(folder);
        Process writer = start(folder, "hold");
        try {
            await(writer, () -> Files.exists(folder.resolve("held")));
            assertThatThrownBy(store::begin)
                    .isInstanceOf(FileSystemException.class)
                    .hasMessageContaining("in use: an image is being written or restored, or room is given back");
            assertThatThrownBy(store::cleanLeftovers).isInstanceOf(FileSystemException.class);
        } finally {
            writer.destroyForcibly().waitFor();
        }
        assertThat(store.cleanLeftovers()).isEqualTo(1);
        write(store);
        assertThat(store.numbers()).containsExactly(2L);
    }

    @Test
    void aSecondAttemptInOneProcessDoesNotLetOthersIn() throws Exception {
        Path folder = Files.createDirectory(temp.resolve("twice"));
        ImageStore store = TestImages.store(folder);
        try (ImageWriter image = store.begin()) {
            assertThatThrownBy(store::begin).isInstanceOf(FileSystemException.class);
            Process other = start(folder, "hold");
            try {
                assertThat(other.waitFor(60, TimeUnit.SECONDS)).isTrue();
            } finally {
                other.destroyForcibly().waitFor();
            }
            assertThat(read(temp.resolve("writer.txt")))
                    .contains("in use: an image is being written or restored, or room is given back");
            image.commit(TestImages.job());
        }
        assertThat(store.numbers()).containsExactly(1L);
    }

    private Process start(Path folder, String what) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        OtherWriter.class.getName(),
                        folder.toString(),
                        what)
                .redirectErrorStream(true)
                .redirectOutput(temp.resolve("writer.txt").toFile())
                .start();
    }

    private void await(Process writer, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.call()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            assertThat(writer.isAlive()).as(() -> read(temp.resolve("writer.txt"))).isTrue();
            Thread.sleep(5);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Writes images until it is killed, or begins one and holds it. */
    static final class OtherWriter {
        private OtherWriter() {}

        public static void main(String[] args) throws IOException, InterruptedException {
            Path folder = Path.of(args[0]);
            ImageStore store = TestImages.store(folder);
            if (args[1].equals("hold")) {
                try (ImageWriter image = store.begin()) {
                    Files.createFile(folder.resolve("held"));
                    Thread.sleep(TimeUnit.MINUTES.toMillis(5));
                    image.commit(TestImages.job());
                }
            }
            while (store.numbers().size() < 10_000) {
                write(store);
                if (store.numbers().size() > 5) {
                    store.remove(store.numbers().getFirst());
                }
            }
        }
    }
}
