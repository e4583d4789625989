package dev.cryo.streamlog.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.streamlog.call.LowerHalf;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images that are encrypted with a key. */
class EncryptedImageTest {
    private static final ImageKey KEY = ImageKey.of(secret(1));
    private static final ImageKey OTHER = ImageKey.of(secret(2));
    private static final byte[] CORE = "the weights of the model, which nobody is to read; ".repeat(200)
            .getBytes(StandardCharsets.US_ASCII);
    private static final byte[] LOG = {0, 0, 0, 0};

    @TempDir
    private Path temp;

    private static byte[] secret(long seed) {
        return TestImages.bytes(new Random(seed), ImageKey.BYTES);
    }

    private static ImageKeys keys(ImageKey key) {
        return ImageKeys.of(Optional.of(key));
    }

    private ImageStore store(ImageKey key) {
        return ImageStore.in(temp.resolve("images"), keys(key));
    }

    /** Commits an image like {@link TestImages#small}, every part of it encrypted. */
    private static Manifest write(ImageStore store, byte[] core) throws IOException {
        try (ImageWriter image = store.begin()) {
            WriteOptions options = WriteOptions.ORDINARY.with(image.key(), List.of());
            try (SectionWriter device = SectionWriter.create(image.folder(), "device", options)) {
                device.memory(
                        Section.DEVICE,
                        List.of(new LowerHalf.Range(TestImages.ARENA + 256, 5 << 20)),
                        TestImages::fill);
                device.record(Section.DEVICE_STATE, new LowerHalf.DeviceState(42, List.of()));
                image.add(device.finish());
            }
            try (SectionWriter host = image.sections("host")) {
                host.bytes(Section.LOG, LOG);
                host.bytes("host/core-1.img", core);
                image.add(host.finish());
            }
            return image.commit(TestImages.job());
        }
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(temp)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> !file.endsWith("lock"))
                    .sorted()
                    .toList();
        }
    }

    private static void assertReads(ImageStore store, long number) throws IOException {
        try (ImageReader image = store.read(number)) {
            image.verifyAll((checked, of) -> { });
            assertThat(image.formatVersion()).isEqualTo(3);
            assertThat(image.bytes(Section.LOG)).isEqualTo(LOG);
            assertThat(image.bytes("host/core-1.img")).isEqualTo(CORE);
            long[] bytes = {0};
            image.readMemory(Section.DEVICE, (address, contents) -> {
                byte[] expected = new byte[(int) contents.byteSize()];
                TestImages.fill(address, MemorySegment.ofArray(expected));
                assertThat(contents.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(expected);
                bytes[0] += expected.length;
            });
            assertThat(bytes[0]).isEqualTo(5 << 20);
        }
    }

    @Test
    void whatIsWrittenIsReadWithTheKey() throws IOException {
        ImageStore store = store(KEY);
        write(store, CORE);
        assertReads(store, 1);
    }

    @Test
    void nothingOfItCanBeReadInTheFiles() throws IOException {
        write(store(KEY), CORE);
        assertThat(files()).hasSize(3);
        for (Path file : files()) {
            String contents = Files.readString(file, StandardCharsets.ISO_8859_1);
            assertThat(contents).doesNotContain("the weights", "digits", "/home/user", "host/core", "LANG=C");
        }
        byte[] memory = new byte[64];
        TestImages.fill(TestImages.ARENA + 4096, MemorySegment.ofArray(memory));
        String some = new String(memory, StandardCharsets.ISO_8859_1);
        assertThat(Files.readString(temp.resolve("images/packs/1-device.pack"), StandardCharsets.ISO_8859_1))
                .doesNotContain(some);
    }

    @Test
    void theSameContentsAreStoredOnceAndUnderNoNameThatTellsThem() throws IOException {
        ImageStore store = store(KEY);
        Manifest first = write(store, CORE);
        Manifest second = write(store, CORE);
        assertThat(second.sections()).isEqualTo(first.sections());
        assertThat(files().stream().filter(file -> file.toString().endsWith(".pack"))).hasSize(2);
        assertReads(store, 2);

        BlockId hash = BlockId.of(MemorySegment.ofArray(LOG), LOG.length);
        assertThat(names(first)).contains(KEY.name(hash)).doesNotContain(hash, OTHER.name(hash));
    }

    private static Set<BlockId> names(Manifest manifest) {
        return manifest.sections().stream().flatMap(each -> each.blocks().stream()).collect(Collectors.toSet());
    }

    @Test
    void aPlainBlockOfASealedOnesNameIsNotTakenForIt() throws IOException {
        ImageStore store = store(KEY);
        Manifest manifest = write(store, CORE);
        BlockId name = KEY.name(BlockId.of(MemorySegment.ofArray(LOG), LOG.length));
        assertThat(names(manifest)).contains(name);
        try (PackWriter forged = new PackWriter(temp.resolve("images/packs"), "0-forged", Disk.REAL)) {
            ByteBuffer plain = PackFormat.buffer(PackFormat.pages(LOG.length));
            plain.put(LOG).clear();
            forged.append(name, plain, LOG.length, LOG.length, Codec.RAW);
            forged.finish();
        }
        try (ImageReader image = store.read(1)) {
            assertThatThrownBy(() -> image.verifyAll((done, of) -> { }))
                    .isInstanceOf(CorruptImageException.class)
                    .hasMessageContaining("0-forged.pack at offset 4096: expected a block that ")
                    .hasMessageContaining(" has sealed (section log, block 0), found a plain one");
        }
    }

    @Test
    void ofAnotherKeyNothingIsTakenOver() throws IOException {
        write(store(KEY), CORE);
        write(store(OTHER), CORE);
        assertThat(files().stream().filter(file -> file.toString().endsWith(".pack"))).hasSize(4);
        assertReads(store(KEY), 1);
        assertReads(store(OTHER), 2);
        assertThatThrownBy(() -> store(OTHER).collect(false))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("image 1 cannot be read");
        store(OTHER).remove(1);
        assertThat(store(OTHER).collect(false).packs()).isEqualTo(2);
        assertReads(store(OTHER), 2);
    }

    @Test
    void whatIsWrittenAnewForRoomStaysEncrypted() throws IOException {
        ImageStore store = store(KEY);
        write(store, TestImages.bytes(new Random(3), 20 << 20));
        write(store, CORE);
        store.remove(1);
        assertThat(store.collect(false).packs()).isPositive();
        assertReads(store, 2);
    }

    @Test
    void anotherKeyIsToldFromDamage() throws IOException {
        write(store(KEY), CORE);
        assertThatThrownBy(() -> store(OTHER).read(1))
                .isInstanceOf(CorruptImageException.class)
                .hasMessage("not the key of this image: " + temp.resolve("images/1/manifest")
                        + " at offset 32: expected key " + KEY.name() + ", found " + OTHER);
    }

    @Test
    void withoutAKeyItIsToldThatThereMustBeOne() throws IOException {
        write(store(KEY), CORE);
        assertThatThrownBy(() -> ImageStore.in(temp.resolve("images")).read(1))
                .isInstanceOf(CorruptImageException.class)
                .hasMessageStartingWith("encrypted image: ")
                .hasMessageContaining("expected key " + KEY.name() + ", which the image is encrypted with")
                .hasMessageContaining("--key-file")
                .hasMessageContaining("found no key");
    }

    @Test
    void aKeyThatCannotBeHadIsNoDamage() throws IOException {
        write(store(KEY), CORE);
        ImageStore store = ImageStore.in(temp.resolve("images"), () -> {
            throw new KeyUnavailableException("the safe is shut");
        });
        assertThatThrownBy(() -> store.read(1))
                .isInstanceOf(KeyUnavailableException.class)
                .hasMessage("the safe is shut");
        assertThat(store.cleanLeftovers()).isZero();
        assertThatThrownBy(store::begin)
                .isInstanceOf(KeyUnavailableException.class)
                .hasMessage("the safe is shut");
        assertThat(store.numbers()).containsExactly(1L);
    }

    /** Who changes bytes can make checksums right again, but no tags. */
    @Nested
    class WithChecksumsThatAreRight {
        @ParameterizedTest
        @ValueSource(longs = {1, 2})
        void noChangeOfTheManifestIsTaken(long seed) throws IOException {
            write(store(KEY), CORE);
            Path path = temp.resolve("images/1/manifest");
            byte[] whole = Files.readAllBytes(path);
            Random random = new Random(seed);
            for (int i = 0; i < 300; i++) {
                byte[] changed = whole.clone();
                int at = 12 + random.nextInt(changed.length - 4 - 12); // Behind magic and version.
                changed[at] ^= (byte) (1 + random.nextInt(255));
                seal(changed, 0, changed.length - 4, changed.length - 4);
                Files.write(path, changed);
                assertThatThrownBy(() -> store(KEY).read(1)).as("byte " + at).isInstanceOf(CorruptImageException.class);
            }
        }

        @Test
        void noManifestOfAnotherImageIsTakenForIt() throws IOException {
            write(store(KEY), CORE);
            write(store(KEY), LOG);
            byte[] other = Files.readAllBytes(temp.resolve("images/2/manifest"));
            byte[] own = Files.readAllBytes(temp.resolve("images/1/manifest"));
            System.arraycopy(own, 0, other, 0, ImageFormat.HEADER_BYTES); // Another id, of the same length.
            ByteBuffer.wrap(other).order(ByteOrder.LITTLE_ENDIAN).putInt(12, other.length - 36);
            seal(other, 0, other.length - 4, other.length - 4);
            Files.write(temp.resolve("images/1/manifest"), other);
            assertThatThrownBy(() -> store(KEY).read(1))
                    .isInstanceOf(CorruptImageException.class)
                    .hasMessageContaining("expected a manifest that key " + KEY.name() + " has sealed, found another");
        }

        @Test
        void noChangeOfABlockIsTaken() throws IOException {
            write(store(KEY), CORE);
            Path path = temp.resolve("images/packs/1-device.pack");
            byte[] whole = Files.readAllBytes(path);
            Random random = new Random(7);
            for (int i = 0; i < 40; i++) {
                byte[] changed = whole.clone();
                Index index = Index.of(changed);
                int block = random.nextInt(index.count);
                int at = index.at(block) + random.nextInt(index.stored(block));
                changed[at] ^= (byte) (1 + random.nextInt(255));
                index.sealBlock(block);
                Files.write(path, changed);
                assertThatThrownBy(EncryptedImageTest.this::verify)
                        .as("byte " + at)
                        .isInstanceOf(CorruptImageException.class)
                        .hasMessageContaining("expected a block that key " + KEY.name() + " has sealed");
            }
        }

        /** Two blocks of a length, each put in the place of the other. */
        @Test
        void noBlockIsTakenForAnother() throws IOException {
            write(store(KEY), CORE);
            Path path = temp.resolve("images/packs/1-device.pack");
            byte[] changed = Files.readAllBytes(path);
            Index index = Index.of(changed);
            assertThat(index.stored(0)).isEqualTo(index.stored(1)).isGreaterThan(1 << 20);
            index.swapIds(0, 1);
            Files.write(path, changed);
            assertThatThrownBy(EncryptedImageTest.this::verify)
                    .isInstanceOf(CorruptImageException.class)
                    .hasMessageContaining("expected a block that key " + KEY.name() + " has sealed");
        }
    }

    private void verify() throws IOException {
        try (ImageReader image = store(KEY).read(1)) {
            image.verifyAll((checked, of) -> { });
        }
    }

    private static void seal(byte[] bytes, int from, int to, int into) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, to - from);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(into, (int) crc.getValue());
    }

    /** The index of a pack, in its bytes. */
    private record Index(byte[] pack, ByteBuffer in, int start, int count) {
        static Index of(byte[] pack) {
            ByteBuffer in = ByteBuffer.wrap(pack).order(ByteOrder.LITTLE_ENDIAN);
            int footer = pack.length - PackFormat.FOOTER_BYTES;
            return new Index(pack, in, (int) in.getLong(footer), in.getInt(footer + 8));
        }

        private int entry(int block) {
            return start + block * PackFormat.ENTRY_BYTES;
        }

        int at(int block) {
            return (int) in.getLong(entry(block) + 16);
        }

        int stored(int block) {
            return in.getInt(entry(block) + 24);
        }

        void sealBlock(int block) {
            seal(pack, at(block), at(block) + PackFormat.pages(stored(block)), entry(block) + 36);
            sealIndex();
        }

        void swapIds(int one, int other) {
            byte[] id = Arrays.copyOfRange(pack, entry(one), entry(one) + 16);
            System.arraycopy(pack, entry(other), pack, entry(one), 16);
            System.arraycopy(id, 0, pack, entry(other), 16);
            sealIndex();
        }

        private void sealIndex() {
            int checked = pack.length - PackFormat.FOOTER_BYTES + PackFormat.FOOTER_CHECKED_BYTES;
            CRC32C crc = new CRC32C();
            crc.update(pack, 0, PackFormat.HEADER_BYTES);
            crc.update(pack, start, checked - start);
            in.putInt(checked, (int) crc.getValue());
        }
    }

    @Nested
    class AKey {
        @Test
        void isReadInEachOfItsForms() {
            byte[] secret = secret(9);
            List<byte[]> forms = new ArrayList<>(List.of(secret));
            forms.add((HexFormat.of().formatHex(secret) + "\n").getBytes(StandardCharsets.US_ASCII));
            forms.add(("  " + HexFormat.of().withUpperCase().formatHex(secret)).getBytes(StandardCharsets.US_ASCII));
            forms.add((Base64.getEncoder().encodeToString(secret) + "\r\n").getBytes(StandardCharsets.US_ASCII));
            for (byte[] form : forms) {
                assertThat(ImageKey.parse(form)).isEqualTo(ImageKey.of(secret));
            }
        }

        @Test
        void thatIsNoneIsRefusedWithoutItsContents() {
            for (String text : List.of("", "password", "zz".repeat(32), "ab".repeat(31), "A".repeat(42))) {
                assertThatThrownBy(() -> ImageKey.parse(text.getBytes(StandardCharsets.US_ASCII)))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageStartingWith("a key is 32 bytes, as they are, as 64 hexadecimal digits, or in")
                        .hasMessageEndingWith("found " + text.length() + " bytes that are none of these");
            }
        }

        /** No nonce comes twice: what is sealed twice has nothing in common. */
        @Test
        void sealsTheSameOtherwiseEachTime() {
            byte[] context = {1, 2, 3};
            Set<String> sealed = Stream.generate(() -> {
                        ByteBuffer into = ByteBuffer.allocate(5 + ImageKey.OVERHEAD);
                        KEY.seal(ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5}), into, context);
                        ByteBuffer back = ByteBuffer.allocate(5);
                        assertThat(KEY.open(into.flip(), back, context)).isTrue();
                        assertThat(back.array()).containsExactly(1, 2, 3, 4, 5);
                        return HexFormat.of().formatHex(into.array());
                    })
                    .limit(1000)
                    .collect(Collectors.toSet());
            assertThat(sealed).hasSize(1000);
            assertThat(sealed.stream().map(each -> each.substring(0, 24)).distinct()).hasSize(1000);
        }

        @Test
        void opensNothingOfAnotherContext() {
            ByteBuffer into = ByteBuffer.allocate(5 + ImageKey.OVERHEAD);
            KEY.seal(ByteBuffer.wrap(new byte[5]), into, new byte[] {1});
            assertThat(KEY.open(into.flip(), ByteBuffer.allocate(5), new byte[] {2})).isFalse();
            assertThat(OTHER.open(into.rewind(), ByteBuffer.allocate(5), new byte[] {1})).isFalse();
        }

        @Test
        void isNotTold() throws IOException {
            String hex = HexFormat.of().formatHex(secret(1));
            assertThat(KEY.toString()).isEqualTo("key " + KEY.name());
            assertThat(hex).doesNotContain(KEY.name());
            write(store(KEY), CORE);
            for (Path file : files()) {
                assertThat(HexFormat.of().formatHex(Files.readAllBytes(file))).doesNotContain(hex.substring(0, 16));
            }
        }
    }
}
