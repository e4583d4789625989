package dev.cryo.streamlog.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.streamlog.call.LowerHalf.Range;
import dev.cryo.streamlog.codec.Encoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestTest {
    private static final UUID ID = new UUID(1, 2);
    private static final int BLOCK = ImageFormat.BLOCK_BYTES;

    /** How many blocks a section has at most that is read as a whole. */
    private static final int WHOLE = 128;

    @TempDir
    private Path temp;

    /** An image's. */
    private Path folder = Path.of("");

    @BeforeEach
    void imageFolder() throws IOException {
        folder = temp.resolve("images/1");
        Files.createDirectories(folder);
    }

    private void write(byte[] manifest) throws IOException {
        Files.write(folder.resolve(Manifest.FILE), manifest);
    }

    private void writeSections(Section... sections) throws IOException {
        Manifest manifest = new Manifest(TestImages.job(), 1, 0, List.of(sections));
        write(new ManifestFile(ID, manifest, Optional.empty()).encode());
    }

    private void open() throws IOException {
        ImageReader.open(folder).close();
    }

    private static Section section(String name, long bytes, BlockId... blocks) {
        return new Section(name, bytes, List.of(), List.of(blocks));
    }

    @Nested
    class Versions {
        @Test
        void aNewerFormatIsToldWithBothVersions() throws IOException {
            write(ImageFormat.frame(ImageFormat.VERSION + 1, ID, new byte[] {1, 2, 3}));
            assertThatThrownBy(ManifestTest.this::open)
                    .isInstanceOf(ImageTooNewException.class)
                    .hasMessage("image of a newer cryo: " + folder.resolve("manifest")
                            + " at offset 8: expected format version 3 at most, found 4");
        }

        @Test
        void anOlderFormatIsTold() throws IOException {
            write(ImageFormat.frame(0, ID, new byte[0]));
            assertThatThrownBy(ManifestTest.this::open)
                    .isInstanceOf(ImageTooOldException.class)
                    .hasMessageContaining("expected format version 1 at least, found 0");
        }

        @Test
        void aDamagedVersionIsDamageAndNotANewerFormat() throws IOException {
            byte[] manifest = ImageFormat.frame(ImageFormat.PLAIN_VERSION, ID, new byte[0]);
            manifest[8] = 9;
            write(manifest);
            assertThatThrownBy(ManifestTest.this::open).isInstanceOf(CorruptImageException.class);
        }

        @Test
        void whatIsNoImageIsToldByItsMagic() throws IOException {
            write("#!/bin/sh\necho this is a script, which is long enough\n".getBytes());
            assertThatThrownBy(ManifestTest.this::open)
                    .isInstanceOf(CorruptImageException.class)
                    .hasMessageContaining("at offset 0: expected magic 894352594f0d0a1a, found 23212f62696e2f73");
        }
    }

    @Nested
    class Hostile {
        /** A block of 100 bytes. */
        private BlockId block = BlockId.ZERO;

        @BeforeEach
        void image() throws IOException {
            Files.delete(folder);
            ImageStore store = TestImages.store(temp);
            TestImages.small(store, new byte[100], new byte[300]);
            try (ImageReader image = store.read(1)) {
                block = image.section(Section.LOG).blocks().getFirst();
            }
        }

        private void assertCorrupt(String message, Section... sections) throws IOException {
            writeSections(sections);
            assertThatThrownBy(ManifestTest.this::open)
                    .isInstanceOf(CorruptImageException.class)
                    .hasMessageContaining(message);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "../log", "/log", "host/../../log", "host//log", "host/", "", ".", "host/.", "a\0b", "a\nb", "a\\b",
                    "host/a/b", ".log", "host/.a", "a b", "\u00e4"
                })
        void sectionNamesThatAreNoFilesAreRefused(String name) throws IOException {
            assertCorrupt("expected a section name, one part or two around a /", section(name, 100, block));
        }

        @Test
        void partsOfSectionNamesHaveALimit() throws IOException {
            writeSections(section("h".repeat(128) + "/" + "n".repeat(128), 100, block));
            open();
            assertCorrupt("found \"host/nnn", section("host/" + "n".repeat(129), 100, block));
        }

        @Test
        void tooManySectionsAreRefused() throws IOException {
            Section[] sections = new Section[65_537];
            Arrays.setAll(sections, i -> section("s" + i, 0));
            assertCorrupt("expected at most 65536 sections, found 65537", sections);
        }

        @ParameterizedTest
        @CsvSource({
            "pauseNanos, abc, 0, 9223372036854775807",
            "capturedBytes, 1e9, 0, 9223372036854775807",
            "capturedBytes, -1, 0, 9223372036854775807",
            "capturedBytes, 9223372036854775808, 0, 9223372036854775807",
            "intervalMillis, 3599999996400001, 0, 3599999996400000",
            "timeoutMillis, '', 0, 3599999996400000",
            "keep, 2147483648, 0, 2147483647",
            "writerThreads, 0, 1, 64"
        })
        void propertiesThatAreNoNumbersAreRefused(String name, String value, long least, long most)
                throws IOException {
            JobInfo job = TestImages.job().with(List.of(new JobInfo.Property(name, value)));
            byte[] manifest = new ManifestFile(ID, new Manifest(job, 1, 0, List.of()), Optional.empty()).encode();
            write(manifest);
            String message = "expected a number from " + least + " to " + most + " as property " + name + ", found \""
                    + value + "\"";
            assertThatThrownBy(ManifestTest.this::open)
                    .isInstanceOf(CorruptImageException.class)
                    .hasMessageEndingWith(message);
            assertThatThrownBy(() -> TestImages.store(temp).decode(manifest, "bucket/manifest"))
                    .isInstanceOf(CorruptImageException.class)
                    .hasMessage("damaged image: bucket/manifest: " + message);
        }

        private void assertJobIsRefused(String expected, String found, JobInfo job) throws IOException {
            byte[] manifest = new ManifestFile(ID, new Manifest(job, 1, 0, List.of()), Optional.empty()).encode();
            write(manifest);
            String message = "manifest: expected " + expected + ", found " + found;
            assertThatThrownBy(ManifestTest.this::open)
                    .isInstanceOf(CorruptImageException.class)
                    .hasMessageEndingWith(message);
            assertThatThrownBy(() -> TestImages.store(temp).decode(manifest, "bucket/manifest"))
                    .hasMessageEndingWith(message);
        }

        private static JobInfo job(String name, String version, String device, String text) {
            return new JobInfo(
                    name, version, JobInfo.Arrangement.PROXY, device, JobInfo.HostMode.APP, List.of("java"),
                    List.of("A=b"), text, List.of());
        }

        @Test
        void namesThatNoJobCanHaveAreRefused() throws IOException {
            String grammar = "a job's name, letters, digits, and . _ - between them, at most 64";
            for (String name : List.of("", ".", "..", "a/b", "../../../x", "-a", "a\n", "a b", "a".repeat(65))) {
                assertJobIsRefused(grammar, '"' + name.replace('\n', '?') + '"', job(name, "1", "ptx", "/"));
            }
            String colours = "../../../x\u001b[31m\u009b31m";
            assertJobIsRefused(grammar, "\"../../../x?[31m?31m\"", job(colours, "1", "ptx", "/"));
        }

        @Test
        void whatIsPrintedOfAJobHasNoControlCharacters() throws IOException {
            assertJobIsRefused(
                    "a version of cryo without control characters", "\"1?\"", job("a", "1\u0007", "ptx", "/"));
            assertJobIsRefused(
                    "a kind of device without control characters", "\"?[1m\"", job("a", "1", "\u001b[1m", "/"));
        }

        @Test
        void whatTheSystemIsGivenOfAJobHasNoNul() throws IOException {
            assertJobIsRefused("a working directory without NUL", "\"/a?b\"", job("a", "1", "ptx", "/a\0b"));
            JobInfo good = TestImages.job();
            assertJobIsRefused("an environment without NUL", "\"A=?\"", new JobInfo(
                    "a", "1", good.arrangement(), "ptx", good.host(), good.commandLine(), List.of("A=\0"), "/",
                    List.of()));
            assertJobIsRefused("a command line without NUL", "\"?\"", new JobInfo(
                    "a", "1", good.arrangement(), "ptx", good.host(), List.of("java", "\0"), List.of(), "/",
                    List.of()));
        }

        @Test
        void propertiesThatAreNumbersAreTaken() throws IOException {
            JobInfo job = TestImages.job().with(List.of(
                    new JobInfo.Property("capturedBytes", "9223372036854775807"),
                    new JobInfo.Property("keep", "0"),
                    new JobInfo.Property("gpu.0", "any")));
            write(new ManifestFile(ID, new Manifest(job, 1, 0, List.of()), Optional.empty()).encode());
            open();
        }

        @Test
        @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
        void propertiesOfOneNameAndManyNumbersAreReadInATimeThatGrowsWithThem() {
            List<JobInfo.Property> properties = new ArrayList<>();
            for (int i = 0; i < 300_000; i++) {
                properties.add(new JobInfo.Property("gpu." + i, "g" + i));
            }
            properties.add(new JobInfo.Property("gpu.0", "a second of that name"));
            JobInfo job = TestImages.job().with(properties);
            assertThat(job.numbered("gpu.")).hasSize(300_000).startsWith("g0", "g1").endsWith("g299999");
            assertThat(job.numbered("cpu.")).isEmpty();
        }

        @Test
        void longNamesAreRefusedAndNotPrintedWhole() throws IOException {
            writeSections(section("n".repeat(100_000), 100, block));
            assertThatThrownBy(ManifestTest.this::open)
                    .isInstanceOf(CorruptImageException.class)
                    .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(1000));
        }

        @ParameterizedTest
        @ValueSource(longs = {-1, 0, BLOCK + 1, Long.MAX_VALUE, Long.MIN_VALUE})
        void lengthsThatTheBlocksDoNotHaveAreRefused(long bytes) throws IOException {
            assertCorrupt("expected a block for each 2 MiB", section("log", bytes, block));
        }

        @Test
        void blocksThatAreLongerThanTheirPlaceAreRefused() throws IOException {
            assertCorrupt("expected whole pages of at most 99 bytes for block 0", section("log", 99, block));
        }

        @Test
        void blocksThatEndWithinAPageOfTheirPlaceAreRefused() throws IOException {
            assertCorrupt("expected whole pages of at most 101 bytes for block 0", section("log", 101, block));
        }

        @Test
        void blocksThatAreInNoPackAreRefusedByName() throws IOException {
            assertCorrupt(
                    "expected a pack with block 00000000000000ab00000000000000cd, found none",
                    section("log", 100, new BlockId(0xab, 0xcd)));
        }

        @Test
        void sectionsOfOneNameAreRefused() throws IOException {
            assertCorrupt("two of name \"a\"", section("a", 100, block), section("a", 100, block));
        }

        @Test
        void rangesThatDoNotFitAreRefused() throws IOException {
            List<BlockId> blocks = List.of(BlockId.ZERO);
            Range one = new Range(TestImages.ARENA, 4096);
            assertCorrupt("expected ascending ranges", new Section("d", 4096, List.of(one, one), blocks));
            assertCorrupt(
                    "expected ascending ranges",
                    new Section("d", 4096, List.of(new Range(0, Long.MAX_VALUE)), blocks));
            assertCorrupt(
                    "expected a section of 8192 bytes",
                    new Section("d", 4096, List.of(new Range(TestImages.ARENA, 4097)), blocks));
        }

        @Test
        void zerosAreNotReadIntoMemoryAsAWhole() throws IOException {
            List<BlockId> zeros = Collections.nCopies(WHOLE, BlockId.ZERO);
            writeSections(new Section(Section.LOG, (long) WHOLE * BLOCK, List.of(), zeros));
            try (ImageReader image = ImageReader.open(folder)) {
                assertThatThrownBy(image::log)
                        .isInstanceOf(CorruptImageException.class)
                        .hasMessageContaining("expected section log stored whole");
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {Section.LOG, Section.DEVICE_STATE})
        void blocksThatAreNamedManyTimesAreNotReadIntoMemory(String name) throws IOException {
            List<BlockId> blocks = Collections.nCopies(WHOLE + 1, block);
            assertCorrupt(
                    "expected at most 268435456 bytes of section " + name + ", which is read as a whole, found "
                            + "270532608 bytes",
                    new Section(name, (WHOLE + 1L) * BLOCK, List.of(), blocks));
        }

        @Test
        void otherSectionsAreLongButNotReadAsAWhole() throws IOException {
            List<BlockId> zeros = Collections.nCopies(WHOLE + 1, BlockId.ZERO);
            Section core = new Section("host/core-1.img", (WHOLE + 1L) * BLOCK, List.of(), zeros);
            writeSections(core);
            try (ImageReader image = ImageReader.open(folder)) {
                assertThatThrownBy(() -> image.bytes("host/core-1.img"))
                        .isInstanceOf(CorruptImageException.class)
                        .hasMessageContaining("expected at most 268435456 bytes of section host/core-1.img");
            }
            assertThat(core.filledBytes()).isZero();
        }

        @Test
        void whatAFileNeedsIsCountedAsOftenAsItsBlocksAreNamed() {
            assertThat(section("host/a", 3L * BLOCK + 5, block, BlockId.ZERO, block, block).filledBytes())
                    .isEqualTo(2L * BLOCK + 5);
        }

        @Test
        void whatCannotBeDecodedIsToldBeforeItIsUsed() throws IOException {
            ImageStore store = TestImages.store(temp);
            TestImages.small(store, new byte[] {0, 0, 0, 0}, new byte[1]);
            TestImages.small(store, new byte[] {1, 0, 0, 0, (byte) 0xff, 0, 0, 0}, new byte[1]);
            try (ImageReader image = store.read(2)) {
                image.requireDecodable();
            }
            try (ImageReader image = store.read(3)) {
                assertThatThrownBy(image::requireDecodable)
                        .isInstanceOf(CorruptImageException.class)
                        .hasMessageContaining("expected a stream log in section log");
            }
        }

        @Test
        void aStateOfTheDeviceThatIsNoneIsToldBeforeItIsUsed() throws IOException {
            writeSections(section(Section.DEVICE_STATE, 100, block));
            try (ImageReader image = ImageReader.open(folder)) {
                assertThatThrownBy(image::requireDecodable)
                        .isInstanceOf(CorruptImageException.class)
                        .hasMessageContaining("expected a record DeviceState in section device-state");
            }
        }

        @Test
        void aLogThatIsNoneIsRefused() throws IOException {
            ImageStore store = TestImages.store(temp);
            TestImages.small(store, new byte[] {1, 0, 0, 0, (byte) 0xff, 0, 0, 0}, new byte[1]);
            try (ImageReader image = store.read(2)) {
                assertThatThrownBy(image::log)
                        .isInstanceOf(CorruptImageException.class)
                        .hasMessageContaining("expected a stream log in section log");
            }
        }
    }

    /** Mutations below a checksum that is right again, so that they reach the parser. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void mutatedManifestsGiveAnImageOrAnImageException(long seed) throws IOException {
        Random random = new Random(seed);
        Files.delete(folder);
        ImageStore store = TestImages.store(temp);
        TestImages.small(store, new byte[] {0, 0, 0, 0}, TestImages.bytes(random, 300));
        Path image = store.folder(1);
        byte[] sealed = Files.readAllBytes(image.resolve(Manifest.FILE));
        byte[] body = Arrays.copyOfRange(
                sealed, ImageFormat.HEADER_BYTES, sealed.length - ImageFormat.FOOTER_BYTES);
        for (int i = 0; i < 1200; i++) {
            byte[] mutant = mutate(random, body);
            Files.write(image.resolve(Manifest.FILE), ImageFormat.frame(ImageFormat.PLAIN_VERSION, ID, mutant));
            try {
                useAll(image);
            } catch (ImageException e) {
                assertThat(e.expected()).isNotEmpty();
            } catch (IOException | RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + ", round " + i, e);
            }
        }
    }

    private static void useAll(Path folder) throws IOException {
        try (ImageReader image = ImageReader.open(folder)) {
            for (Section section : image.manifest().sections()) {
                assertThat(image.find(section.name())).contains(section);
                if (!section.ranges().isEmpty()) {
                    image.readMemory(section.name(), (address, contents) -> {});
                }
            }
            image.verifyAll((done, of) -> {});
            ImageDescription.of(image);
        }
    }

    private static byte[] mutate(Random random, byte[] original) {
        byte[] bytes = original.clone();
        ByteBuffer view = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int n = random.nextInt(3); n >= 0; n--) {
            int at = random.nextInt(bytes.length - 8);
            switch (random.nextInt(5)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> view.putInt(at, boundary(random));
                case 2 -> view.putLong(at, (long) boundary(random) << random.nextInt(33));
                case 3 -> {
                    bytes = Arrays.copyOf(bytes, at + 8);
                    view = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
                }
                default -> {
                    int from = random.nextInt(bytes.length - 8);
                    System.arraycopy(bytes, from, bytes, at, 8);
                }
            }
            if (bytes.length < 16) {
                break;
            }
        }
        return bytes;
    }

    private static int boundary(Random random) {
        int[] values = {0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, 255, 256, 65536, 4096, BLOCK, 1 << 30};
        return values[random.nextInt(values.length)] + random.nextInt(3) - 1;
    }

    @Test
    void whatAnotherProcessSendsIsCheckedToo() throws IOException {
        Path images = temp.resolve("other");
        try (ImageWriter image = ImageStore.in(images).begin()) {
            assertThatThrownBy(() -> image.add(new byte[] {1, 2, 3})).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> image.add(new byte[] {0, 0, 0, 0, 9})).isInstanceOf(IOException.class);
            List<Section> lying = new ArrayList<>();
            lying.add(section("../../outside", 0));
            Encoder out = new Encoder();
            out.putRecords(lying);
            image.add(out.toByteArray());
            assertThatThrownBy(() -> image.commit(TestImages.job())).isInstanceOf(CorruptImageException.class);
        }
        assertThat(ImageStore.in(images).numbers()).isEmpty();
    }
}
