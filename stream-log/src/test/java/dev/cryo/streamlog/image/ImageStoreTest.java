package dev.cryo.streamlog.image;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageStoreTest {
    private static final String IN_USE = "in use: an image is being written or restored, or room is given back";

    @TempDir
    private Path temp;

    private ImageStore store;

    @BeforeEach
    void open() {
        store = TestImages.store(temp);
    }

    private void write() throws IOException {
        TestImages.small(store, new byte[4], new byte[8]);
    }

    @Test
    void aStoreThatIsNotThereIsEmpty() throws IOException {
        assertThat(store.numbers()).isEmpty();
        assertThat(store.latest()).isEmpty();
        assertThat(store.cleanLeftovers()).isZero();
        assertThat(temp.resolve("images")).doesNotExist();
    }

    @Test
    void imagesAreNumberedInTheirOrder() throws IOException {
        for (int i = 0; i < 11; i++) {
            write();
        }
        assertThat(store.numbers()).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L);
        assertThat(store.latest()).hasValue(11);
        long manifest = Files.size(store.folder(11).resolve("manifest"));
        assertThat(store.neededBytes(11)).isEqualTo(manifest + 4 * 4096);
        assertThat(store.addedBytes(11)).isEqualTo(manifest);
        assertThat(store.addedBytes(1)).isGreaterThan(manifest + 4 * 4096);
    }

    @Test
    void aListTellsOfEachImageWhatAskingForItTells() throws IOException {
        for (int i = 1; i <= 4; i++) {
            TestImages.small(store, new byte[1000 * i], new byte[8]);
        }
        Files.write(store.folder(2).resolve("manifest"), new byte[] {1, 2, 3});
        Files.copy(store.folder(1).resolve("manifest"), store.folder(3).resolve("manifest"), REPLACE_EXISTING);
        List<ListedImage> list = store.list();
        assertThat(list).extracting(ListedImage::number).containsExactly(1L, 2L, 3L, 4L);
        for (ListedImage image : list) {
            assertThat(image.addedBytes()).isEqualTo(store.addedBytes(image.number())).isPositive();
        }
        for (int number : new int[] {1, 4}) {
            ListedImage image = list.get(number - 1);
            assertThat(image.problem()).isEmpty();
            assertThat(image.whole()).hasValueSatisfying(whole -> {
                assertThat(whole.manifest().number()).isEqualTo(number);
                assertThat(whole.manifest().sections()).extracting(Section::name).contains(Section.LOG);
            });
            assertThat(image.whole().orElseThrow().neededBytes()).isEqualTo(store.neededBytes(number));
        }
        for (int number : new int[] {2, 3}) {
            ListedImage image = list.get(number - 1);
            assertThat(image.whole()).isEmpty();
            assertThatThrownBy(() -> store.read(number)).isInstanceOf(ImageException.class).hasMessage(image.problem());
        }
    }

    @Test
    void aLockThatIsALinkIsNamed() throws IOException {
        write();
        Path lock = temp.resolve("images/lock");
        Files.delete(lock);
        Files.createSymbolicLink(lock, temp.resolve("elsewhere"));
        assertThatThrownBy(() -> store.begin()).isInstanceOf(IOException.class).hasMessageContaining(lock.toString());
        assertThat(temp.resolve("elsewhere")).doesNotExist();
    }

    @Test
    void numbersAreNotUsedAgain() throws IOException {
        write();
        write();
        store.remove(2);
        store.begin().close();
        write();
        assertThat(store.numbers()).containsExactly(1L, 4L);
    }

    @Test
    void numbersAreNotUsedAgainWhereTheLockFileIsLost() throws IOException {
        write();
        Files.writeString(temp.resolve("images/lock"), "torn");
        write();
        Files.delete(temp.resolve("images/lock"));
        write();
        assertThat(store.numbers()).containsExactly(1L, 2L, 3L);
    }

    @Test
    void unknownImagesAreToldWithThoseThereAre() throws IOException {
        write();
        assertThatThrownBy(() -> store.read(5))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("no image 5; there are [1]");
        assertThatThrownBy(() -> store.remove(5)).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> store.addedBytes(5)).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> store.neededBytes(5)).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void aWriterCanWaitForAnotherOrGiveUp() throws Exception {
        ImageStore other = ImageStore.in(temp.resolve("images"));
        CompletableFuture<Long> second;
        try (ImageWriter first = store.begin()) {
            assertThatThrownBy(other.waiting(Duration.ofMillis(50))::begin)
                    .isInstanceOf(FileSystemException.class)
                    .hasMessageContaining(IN_USE);
            second = CompletableFuture.supplyAsync(() -> {
                try (ImageWriter writer = other.waiting(Duration.ofSeconds(60)).begin()) {
                    return writer.number();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            Thread.sleep(100);
            assertThat(second).isNotDone();
        }
        assertThat(second.get(60, TimeUnit.SECONDS)).isEqualTo(2);
    }

    @Test
    void nobodyChangesAStoreOfWhichAnImageIsHeld() throws IOException {
        write();
        write();
        ImageStore other = ImageStore.in(temp.resolve("images"));
        ImageReader held = store.hold(2);
        assertThatThrownBy(() -> other.remove(1)).isInstanceOf(FileSystemException.class).hasMessageContaining(IN_USE);
        assertThatThrownBy(() -> other.keep(1)).isInstanceOf(FileSystemException.class).hasMessageContaining(IN_USE);
        assertThatThrownBy(() -> other.collect(false)).isInstanceOf(FileSystemException.class);
        assertThatThrownBy(other::begin).isInstanceOf(FileSystemException.class);
        assertThat(other.keep(2)).isEmpty();
        try (ImageReader reader = other.read(2)) {
            reader.verifyAll((done, of) -> { });
        }
        held.close();
        try (ImageReader again = other.hold(1)) {
            held.close(); // Gives nothing up that is another's by now.
            assertThatThrownBy(() -> store.remove(1)).isInstanceOf(FileSystemException.class);
        }
        assertThatThrownBy(() -> store.hold(3)).isInstanceOf(NoSuchFileException.class);
        assertThat(store.keep(1)).containsExactly(1L);
    }

    @Test
    void aPackThatCannotBeReadIsRemovedWhereNothingOfItIsNeeded() throws IOException {
        write();
        Path packs = temp.resolve("images/packs");
        List<Path> first = Packs.paths(packs);
        for (Path pack : first) {
            try (FileChannel channel = FileChannel.open(pack, StandardOpenOption.WRITE)) {
                channel.truncate(Files.size(pack) - 1);
            }
        }
        TestImages.small(store, new byte[5], new byte[9]);
        assertThat(store.collect(false)).isEqualTo(new ImageStore.Collected(0, 0));
        assertThat(Packs.paths(packs)).containsAll(first);

        store.remove(1);
        long bytes = 0;
        for (Path pack : first) {
            bytes += Files.size(pack);
        }
        assertThat(store.collect(true)).isEqualTo(new ImageStore.Collected(first.size(), bytes));
        assertThat(Packs.paths(packs)).containsAll(first);
        assertThat(store.collect(false)).isEqualTo(new ImageStore.Collected(first.size(), bytes));
        assertThat(Packs.paths(packs)).isNotEmpty().doesNotContainAnyElementsOf(first);
        try (ImageReader image = store.read(2)) {
            image.verifyAll((done, of) -> { });
        }
    }

    @Test
    void aSecondWriterIsExcludedUntilTheFirstHasEnded() throws IOException {
        try (ImageWriter first = store.begin()) {
            assertThat(first.number()).isEqualTo(1);
            assertThatThrownBy(() -> ImageStore.in(temp.resolve("images")).begin())
                    .isInstanceOf(FileSystemException.class)
                    .hasMessageContaining(IN_USE);
            assertThatThrownBy(store::cleanLeftovers).isInstanceOf(FileSystemException.class);
        }
        write();
        assertThat(store.numbers()).containsExactly(2L);
    }

    @Test
    void anImageThatIsNotCommittedIsNeverSeen() throws IOException {
        try (ImageWriter image = store.begin();
                SectionWriter host = image.sections("host")) {
            host.bytes(Section.LOG, new byte[4]);
            image.add(host.finish());
            assertThat(store.numbers()).isEmpty();
        }
        assertThat(store.numbers()).isEmpty();
        assertThat(temp.resolve("images/1.partial")).doesNotExist();
        assertThat(temp.resolve("images/packs")).isEmptyDirectory();
    }

    @Test
    void aCommittedImageIsCommittedOnce() throws IOException {
        try (ImageWriter image = store.begin()) {
            image.commit(TestImages.job());
            assertThatThrownBy(() -> image.commit(TestImages.job())).isInstanceOf(IllegalStateException.class);
        }
        assertThat(store.numbers()).containsExactly(1L);
    }

    @Test
    void leftoversAreCleanedAndOtherThingsAreNot() throws IOException {
        write();
        Path images = temp.resolve("images");
        Path outside = Files.createDirectory(temp.resolve("outside"));
        Files.writeString(outside.resolve("file"), "mine");
        Files.createDirectories(images.resolve("7.partial/deep"));
        Files.writeString(images.resolve("7.partial/device"), "half");
        Files.createSymbolicLink(images.resolve("7.partial/deep/link"), outside);
        Files.createDirectory(images.resolve("3.removed"));
        Files.createDirectory(images.resolve("notes"));
        assertThat(store.cleanLeftovers()).isEqualTo(2);
        assertThat(images.resolve("7.partial")).doesNotExist();
        assertThat(images.resolve("notes")).exists();
        assertThat(outside.resolve("file")).hasContent("mine");
        write();
        assertThat(store.numbers()).containsExactly(1L, 8L);
    }

    @Test
    void whatHasAPacksNameAndIsNoFileIsLeftAloneAndTold() throws IOException {
        write();
        Path packs = temp.resolve("images/packs");
        Path link = Files.createSymbolicLink(packs.resolve("1-link.pack"), Path.of("/nowhere"));
        Path folder = packs.resolve("1-zz.pack");
        Files.createDirectories(folder.resolve("sub"));
        Path unfinished = Files.createDirectories(packs.resolve("1-zz.pack.partial/sub"));
        Path inImage = Files.createSymbolicLink(temp.resolve("images/1/more"), Path.of("/nowhere"));
        assertThat(store.addedBytes(1)).isPositive();
        Files.delete(inImage);
        assertThat(store.collect(true)).isEqualTo(new ImageStore.Collected(0, 0, List.of(link, folder)));
        write();
        store.remove(1);
        assertThat(store.collect(false).foreign()).containsExactly(link, folder);
        assertThat(store.cleanLeftovers()).isZero();
        assertThat(Files.isSymbolicLink(link)).isTrue();
        assertThat(folder.resolve("sub")).isDirectory();
        assertThat(unfinished).isDirectory();
        try (ImageReader image = store.read(2)) {
            image.verifyAll((checked, of) -> { });
        }
    }

    @Test
    void packsThatAreALinkToAnotherStoreAreNotTouched() throws IOException {
        write();
        Path images = temp.resolve("images");
        List<Path> packs = Packs.paths(images.resolve("packs"));
        Path other = Files.createDirectories(temp.resolve("other/images"));
        Files.createSymbolicLink(other.resolve("packs"), images.resolve("packs"));
        ImageStore evil = ImageStore.in(other);
        for (ThrowingCallable use : List.<ThrowingCallable>of(
                evil::begin, evil::cleanLeftovers, () -> evil.collect(false), () -> evil.collect(true))) {
            assertThatThrownBy(use)
                    .isInstanceOf(CorruptImageException.class)
                    .hasMessageContaining("packs: expected a folder, found a link or another file");
        }
        assertThat(Packs.paths(images.resolve("packs"))).isEqualTo(packs).isNotEmpty();
    }

    @Test
    void aWriterRemovesWhatAnotherHasNotFinished() throws IOException {
        write();
        Path images = temp.resolve("images");
        List<Path> packs = Packs.paths(images.resolve("packs"));
        Files.createDirectories(images.resolve("7.partial"));
        Files.writeString(images.resolve("packs/7-host.pack.partial"), "half");
        try (ImageWriter image = store.begin()) {
            assertThat(image.number()).isEqualTo(8);
            assertThat(images.resolve("7.partial")).doesNotExist();
            assertThat(images.resolve("packs")).isDirectoryNotContaining("glob:**.partial");
        }
        assertThat(Packs.paths(images.resolve("packs"))).isEqualTo(packs);
        assertThat(store.numbers()).containsExactly(1L);
    }

    @Test
    void writersOfOneNameExcludeEachOther() throws IOException {
        try (ImageWriter image = store.begin();
                SectionWriter host = image.sections("host");
                SectionWriter again = image.sections("host")) {
            host.bytes(Section.LOG, new byte[4]);
            assertThatThrownBy(() -> again.bytes(Section.LOG, new byte[4])).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> image.sections("../host")).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> host.bytes("../log", new byte[1])).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aFullDiskIsToldAndLeavesTheEarlierImage() throws Exception {
        Path disk = Files.createDirectory(temp.resolve("disk"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.toString()) == 0,
                "mounting a small tmpfs needs root");
        try {
            ImageStore small = TestImages.store(disk);
            TestImages.small(small, new byte[4], new byte[8]);
            assertThatThrownBy(() -> writeForever(small))
                    .isInstanceOf(FileSystemException.class)
                    .hasMessage(disk.resolve("images/packs/2-host.pack.partial")
                            + ": cannot write: No space left on device");
            assertThat(small.numbers()).containsExactly(1L);
            assertThat(disk.resolve("images/2.partial")).doesNotExist();
            TestImages.small(small, new byte[4], new byte[8]);
            try (ImageReader image = small.read(3)) {
                image.verifyAll((done, of) -> {});
            }
        } finally {
            assertThat(run("umount", disk.toString())).isZero();
        }
    }

    private static void writeForever(ImageStore store) throws IOException {
        try (ImageWriter image = store.begin();
                SectionWriter host = image.sections("host")) {
            for (int i = 0; ; i++) {
                host.bytes("host/" + i, TestImages.bytes(new Random(i), 100_000));
            }
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }
}
