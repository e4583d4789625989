package dev.cryo.streamlog.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageDamageTest {
    @TempDir
    private Path temp;

    private ImageStore store;
    private Path folder;

    @BeforeEach
    void writeImage() throws IOException {
        store = TestImages.store(temp);
        Random random = new Random(1);
        TestImages.small(store, TestImages.bytes(random, 100), TestImages.bytes(random, 300));
        folder = store.folder(1);
    }

    private void verify() throws IOException {
        try (ImageReader image = store.read(1)) {
            image.verifyAll((done, of) -> {});
        }
    }

    private ImageException damage() {
        return catchThrowableOfType(ImageException.class, this::verify);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    @Test
    void everyFlippedByteIsFound() throws IOException {
        long seed = 4711;
        Random random = new Random(seed);
        for (Path file : files()) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                for (long at = 0; at < channel.size(); at++) {
                    int mask = 1 << random.nextInt(8);
                    flip(channel, at, mask);
                    assertThat(damage()).as("%s, byte %s, mask %s, seed %s", file, at, mask, seed).isNotNull();
                    flip(channel, at, mask);
                }
            }
        }
        verify();
    }

    private static void flip(FileChannel channel, long at, int mask) throws IOException {
        ByteBuffer one = ByteBuffer.allocate(1);
        channel.read(one, at);
        channel.write(one.put(0, (byte) (one.get(0) ^ mask)).flip(), at);
    }

    @Test
    void everyTruncationIsFound() throws IOException {
        for (Path file : files()) {
            byte[] whole = Files.readAllBytes(file);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                for (int length = whole.length - 1; length >= 0; length--) {
                    channel.truncate(length);
                    assertThat(damage()).as("%s of %s bytes", file, length).isNotNull();
                }
            }
            Files.write(file, whole);
        }
        verify();
    }

    @Test
    void everyLongerFileIsFound() throws IOException {
        for (Path file : files()) {
            byte[] whole = Files.readAllBytes(file);
            Files.write(file, new byte[1], StandardOpenOption.APPEND);
            assertThat(damage()).as("%s", file).isNotNull();
            Files.write(file, whole);
        }
        verify();
    }

    @Test
    void everyMissingFileIsFound() throws IOException {
        for (Path file : files()) {
            Path aside = Files.move(file, temp.resolve("aside"));
            assertThat(damage()).hasMessageContaining(file.getFileName().toString()).hasMessageContaining("no file");
            Files.move(aside, file);
        }
        verify();
    }

    @Test
    void aFileThatIsNotNamedIsFound() throws IOException {
        Path extra = Files.createFile(folder.resolve("extra"));
        assertThat(damage())
                .hasMessage("damaged image: " + extra
                        + ": expected only files that the manifest names, found another file");
    }

    @Test
    void aFlippedByteIsToldWithFileAndOffset() throws IOException {
        Path host = folder.resolve("host");
        try (FileChannel channel = FileChannel.open(host, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            flip(channel, 150, 1);
        }
        ImageException damage = damage();
        assertThat(damage.file()).isEqualTo(host);
        assertThat(damage.offset()).isEqualTo(100);
        assertThat(damage.expected()).contains("section host/core-1.img, block 0");
        try (ImageReader image = store.read(1)) {
            assertThat(image.bytes(Section.LOG)).hasSize(100);
            assertThatThrownBy(() -> image.bytes("host/core-1.img")).isInstanceOf(CorruptImageException.class);
        }
    }

    @Test
    void aLinkIsNotFollowed() throws IOException {
        for (Path file : files()) {
            Path aside = Files.move(file, temp.resolve("aside"));
            Files.createSymbolicLink(file, aside);
            assertThat(damage()).as("%s", file).isInstanceOf(CorruptImageException.class);
            Files.delete(file);
            Files.move(aside, file);
        }
        verify();
    }

    @Test
    void aFolderInPlaceOfAFileIsFound() throws IOException {
        for (Path file : files()) {
            Path aside = Files.move(file, temp.resolve("aside"));
            Files.createDirectory(file);
            assertThat(damage()).as("%s", file).isInstanceOf(CorruptImageException.class);
            Files.delete(file);
            Files.move(aside, file);
        }
    }

    @Test
    void aFileOfAnotherImageIsFound() throws IOException {
        Random random = new Random(2);
        TestImages.small(store, TestImages.bytes(random, 100), TestImages.bytes(random, 300));
        Files.delete(folder.resolve("host"));
        Files.copy(store.folder(2).resolve("host"), folder.resolve("host"));
        assertThat(damage()).isInstanceOf(CorruptImageException.class);
    }

    @Test
    void anImageUnderAnotherNumberIsFound() throws IOException {
        Files.move(folder, store.folder(7));
        assertThatThrownBy(() -> store.read(7))
                .isInstanceOf(CorruptImageException.class)
                .hasMessageContaining("expected image 7, found image 1");
    }

    @Test
    void aFileThatShrinksWhileItIsReadIsFound() throws IOException {
        try (ImageReader image = store.read(1)) {
            Files.write(folder.resolve("host"), new byte[50]);
            assertThatThrownBy(() -> image.bytes(Section.LOG))
                    .isInstanceOf(CorruptImageException.class)
                    .hasMessageContaining("expected 100 bytes, found 50 bytes");
        }
    }
}
