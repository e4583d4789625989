package dev.cryo.streamlog.image;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.streamlog.codec.Encoder;
import dev.cryo.streamlog.image.VersionOne.OneBlock;
import dev.cryo.streamlog.image.VersionOne.OneManifest;
import dev.cryo.streamlog.image.VersionOne.OneSection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hostile images of version 1; sound ones: {@link GoldenImageTest}. */
class VersionOneTest {
    private static final int BLOCK = ImageFormat.BLOCK_BYTES;

    @TempDir
    private Path folder;

    @BeforeEach
    void sectionFile() throws IOException {
        Files.write(folder.resolve("host"), new byte[100]);
        Files.write(folder.resolve("outside"), new byte[100]);
    }

    private void writeSections(OneSection... sections) throws IOException {
        Encoder out = new Encoder();
        out.putRecord(new OneManifest(TestImages.job(), 1, 0, List.of(sections)));
        Files.write(folder.resolve(Manifest.FILE), ImageFormat.frame(1, new UUID(1, 2), out.toByteArray()));
    }

    private void open() throws IOException {
        ImageReader.open(folder).close();
    }

    private static OneSection section(String name, String file, long bytes, OneBlock... blocks) {
        return new OneSection(name, file, bytes, List.of(), List.of(blocks));
    }

    private static OneBlock whole(int bytes) {
        return new OneBlock(0, bytes, 0);
    }

    private static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, bytes.length);
        return (int) crc.getValue();
    }

    private void assertCorrupt(String message, OneSection... sections) throws IOException {
        writeSections(sections);
        assertThatThrownBy(this::open)
                .isInstanceOf(CorruptImageException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../outside", "/etc/passwd", "a/b", ".", "..", "", ".hidden", "manifest", "a\0b", "a\nb", "a\\b",
                "ä", "host "
            })
    void fileNamesThatAreNotPlainAreRefused(String file) throws IOException {
        assertCorrupt("expected a plain file name for section log", section("log", file, 100, whole(100)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"host/a/b", "../log", "a b"})
    void sectionNamesAreThoseOfToday(String name) throws IOException {
        assertCorrupt("expected a section name, one part or two around a /", section(name, "host", 100, whole(100)));
    }

    @Test
    @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aManifestOfManyFilesIsReadInATimeThatGrowsWithThem() throws IOException {
        OneSection[] sections = new OneSection[ManifestFile.MAX_SECTIONS];
        OneBlock[] blocks = new OneBlock[8];
        Arrays.setAll(blocks, i -> new OneBlock((long) i * BLOCK, BLOCK, 0));
        Arrays.setAll(sections, i -> section("s" + i, "f" + i, 8L * BLOCK, blocks));
        assertCorrupt("f0: expected 16777216 bytes, found no file", sections);
    }

    @Test
    void moreFilesThanAnyImageHasAreRefused() throws IOException {
        OneSection[] sections = new OneSection[ManifestFile.MAX_SECTIONS + 1];
        Arrays.setAll(sections, i -> section("s" + i, "f" + i, 0));
        assertCorrupt("expected at most 65536 sections, found 65537", sections);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 101, 99, 4096, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void storedLengthsThatAreNotPagesOfTheBlockAreRefused(int stored) throws IOException {
        assertCorrupt("expected whole pages of at most 100 bytes", section("log", "host", 100, whole(stored)));
    }

    @Test
    void zeroBlocksHaveNoPlaceAndNoChecksum() throws IOException {
        assertCorrupt("expected whole pages", section("log", "host", 100, new OneBlock(5, 0, 0)));
        assertCorrupt("expected whole pages", section("log", "host", 100, new OneBlock(0, 0, 5)));
    }

    @Test
    void blocksThatOverlapOrLeaveGapsAreRefused() throws IOException {
        OneBlock half = new OneBlock(0, 50, 0);
        OneSection first = section("a", "host", 50, half);
        assertCorrupt("expected a block stored at 50", first, section("b", "host", 50, half));
        assertCorrupt("expected a block stored at 50", first, section("b", "host", 50, new OneBlock(51, 50, 0)));
        assertCorrupt("expected a block stored at 0", section("b", "host", 50, new OneBlock(-50, 50, 0)));
        assertCorrupt("expected 50 bytes, found 100 bytes", first);
    }

    @Test
    void zerosAreNotReadIntoMemoryAsAWhole() throws IOException {
        Files.delete(folder.resolve("host"));
        Files.createFile(folder.resolve("host"));
        List<OneBlock> zeros = Collections.nCopies(128, OneBlock.ZERO);
        writeSections(new OneSection(Section.LOG, "host", 128L * BLOCK, List.of(), zeros));
        try (ImageReader image = ImageReader.open(folder)) {
            assertThatThrownBy(image::log)
                    .isInstanceOf(CorruptImageException.class)
                    .hasMessageContaining("expected section log stored whole");
        }
    }

    @Test
    void aLogThatIsNoneIsRefused() throws IOException {
        Files.write(folder.resolve("host"), new byte[] {1, 0, 0, 0, (byte) 0xff, 0, 0, 0});
        byte[] stored = Files.readAllBytes(folder.resolve("host"));
        writeSections(section("log", "host", 8, new OneBlock(0, 8, crc(stored))));
        try (ImageReader image = ImageReader.open(folder)) {
            assertThatThrownBy(image::log)
                    .isInstanceOf(CorruptImageException.class)
                    .hasMessageContaining("expected a stream log in section log");
        }
    }
}
