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
import java.util.ArrayList;
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
        List<Path> all = new ArrayList<>();
        for (Path place : List.of(folder, folder.resolveSibling("packs"))) {
            try (Stream<Path> files = Files.list(place)) {
                all.addAll(files.sorted().toList());
            }
        }
        return all;
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
            if (file.startsWith(folder)) {
                assertThat(damage())
                        .hasMessageContaining(file.getFileName().toString())
                        .hasMessageContaining("no file");
            } else {
                assertThat(damage())
                        .hasMessageContaining("packs: expected a pack with block ")
                        .hasMessageContaining("found none");
            }
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
        Path host = folder.resolveSibling("packs").resolve("1-host.pack");
        long core = PackFormat.HEADER_BYTES + ImageFormat.PAGE_BYTES;
        try (FileChannel channel = FileChannel.open(host, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            flip(channel, core + 150, 1);
        }
        ImageException damage = damage();
        assertThat(damage.file()).isEqualTo(host);
        assertThat(damage.offset()).isEqualTo(core);
        assertThat(damage.expected()).contains("section host/core-1.img, block 0");
        try (ImageReader image = store.read(1)) {
            assertThat(image.bytes(Section.LOG)).hasSize(100);
            assertThatThrownBy(() -> image.bytes("host/core-1.img")).isInstanceOf(CorruptImageException.class);
        }
    }

    @Test
    void aBlockUnderAnotherNameIsFound() throws IOException {
        Path pack = folder.resolveSibling("packs").resolve("1-host.pack");
        List<PackFormat.Entry> entries;
        byte[] whole = Files.readAllBytes(pack);
        try (PackFile file = PackFile.open(pack)) {
            entries = file.entries();
        }
        // The same blocks, each under the other's name, all checksums right.
        Files.delete(pack);
        try (PackWriter forged = new PackWriter(folder.resolveSibling("packs"), "1-host", Disk.REAL)) {
            for (int i = 0; i < 2; i++) {
                PackFormat.Entry entry = entries.get(i);
                ByteBuffer stored = ByteBuffer.wrap(whole, (int) entry.at(), entry.checked()).slice();
                forged.append(entries.get(1 - i).id(), stored, entry.stored(), entry.bytes(), Codec.RAW);
            }
            forged.finish();
        }
        assertThat(damage()).isInstanceOf(CorruptImageException.class);
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
    void aDamagedPackThatAnImageDoesNotNeedDoesItNoHarm() throws IOException {
        Random random = new Random(2);
        TestImages.small(store, TestImages.bytes(random, 100), TestImages.bytes(random, 300));
        Path other = folder.resolveSibling("packs").resolve("2-host.pack");
        Files.write(other, new byte[1], StandardOpenOption.APPEND);
        verify();
        assertThatThrownBy(() -> store.read(2).close())
                .isInstanceOf(CorruptImageException.class)
                .hasMessageContaining(other.toString());
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
        Path host = folder.resolveSibling("packs").resolve("1-host.pack");
        try (ImageReader image = store.read(1)) {
            Files.write(host, new byte[5000]);
            assertThatThrownBy(() -> image.bytes(Section.LOG))
                    .isInstanceOf(CorruptImageException.class)
                    .hasMessageContaining("expected 8192 bytes, found 5000 bytes");
        }
    }
}
