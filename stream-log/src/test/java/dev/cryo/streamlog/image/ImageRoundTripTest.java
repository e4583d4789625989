package dev.cryo.streamlog.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.log.LogCodec;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageRoundTripTest {
    private static final int BLOCK = ImageFormat.BLOCK_BYTES;

    @TempDir
    private Path temp;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void contentsComeBackAsTheyWere(long seed) throws IOException {
        Random random = new Random(seed);
        Map<String, byte[]> contents = new TreeMap<>();
        ImageStore store = TestImages.store(temp);
        try (ImageWriter image = store.begin();
                SectionWriter host = image.sections("host");
                SectionWriter kept = image.sections("files")) {
            for (int i = 0; i < 12; i++) {
                byte[] bytes = sparse(random, random.nextInt(10) == 0 ? 0 : random.nextInt(3 * BLOCK));
                String name = "host/part-" + i + ".a_" + i;
                contents.put(name, bytes);
                SectionWriter writer = random.nextBoolean() ? host : kept;
                switch (random.nextInt(2)) {
                    case 0 -> writer.bytes(name, bytes);
                    default -> writer.file(name, Files.write(temp.resolve("source" + i), bytes));
                }
            }
            image.add(host.finish());
            image.add(kept.finish());
            image.commit(TestImages.job());
        }
        try (ImageReader image = store.read(1)) {
            image.verifyAll((done, of) -> assertThat(done).isLessThanOrEqualTo(of));
            assertThat(image.manifest().job()).isEqualTo(TestImages.job());
            for (Map.Entry<String, byte[]> section : contents.entrySet()) {
                assertSectionHolds(image, section.getKey(), section.getValue(), random);
            }
        }
    }

    private void assertSectionHolds(ImageReader image, String name, byte[] bytes, Random random) throws IOException {
        Path file = temp.resolve("copy-" + random.nextLong());
        image.unpack(section -> section.name().equals(name), section -> Optional.of(file), (done, of) -> { });
        assertThat(Arrays.equals(Files.readAllBytes(file), bytes)).isTrue();
        int from = random.nextInt(bytes.length + 1);
        byte[] part = new byte[random.nextInt(bytes.length - from + 1)];
        image.readInto(name, from, MemorySegment.ofArray(part));
        assertThat(Arrays.equals(part, 0, part.length, bytes, from, from + part.length))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void memoryComesBackAtItsAddresses(long seed) throws IOException {
        Random random = new Random(seed);
        List<LowerHalf.Range> ranges = ranges(random);
        ImageStore store = TestImages.store(temp);
        try (ImageWriter image = store.begin();
                SectionWriter device = SectionWriter.create(image.folder(), "device")) {
            device.memory(Section.DEVICE, ranges, TestImages::fill);
            image.add(device.finish());
            image.commit(TestImages.job());
        }
        try (ImageReader image = store.read(1)) {
            assertThat(image.section(Section.DEVICE).ranges()).isEqualTo(ranges);
            List<LowerHalf.Range> seen = new ArrayList<>();
            image.readMemory(Section.DEVICE, (address, contents) -> {
                for (long i = 0; i < contents.byteSize(); i++) {
                    if (contents.get(ValueLayout.JAVA_BYTE, i) != TestImages.at(address + i)) {
                        throw new AssertionError("seed " + seed + ": another byte at " + (address + i));
                    }
                }
                append(seen, new LowerHalf.Range(address, contents.byteSize()));
            });
            assertThat(seen).isEqualTo(joined(ranges));
        }
    }

    @Test
    void zeroBlocksOfMemoryAreNotStoredAndAreToldAsZeros() throws IOException {
        LowerHalf.Range range = new LowerHalf.Range(TestImages.ARENA, 3L * BLOCK);
        ImageStore store = TestImages.store(temp);
        try (ImageWriter image = store.begin();
                SectionWriter device = image.sections("device")) {
            device.memory(Section.DEVICE, List.of(range), (address, into) -> {
                if (address == range.address() + BLOCK) {
                    into.set(ValueLayout.JAVA_BYTE, 5000, (byte) 7);
                } else {
                    into.fill((byte) 0);
                }
            });
            image.add(device.finish());
            image.commit(TestImages.job());
        }
        try (ImageReader image = store.read(1)) {
            assertThat(image.storedBytes(image.section(Section.DEVICE))).isEqualTo(8192);
        }
        List<String> seen = new ArrayList<>();
        try (ImageReader image = store.read(1)) {
            image.readMemory(Section.DEVICE, new ImageReader.MemorySink() {
                @Override
                public void write(long address, MemorySegment contents) {
                    seen.add("data " + (address - range.address()) + " " + contents.byteSize());
                }

                @Override
                public void writeZeros(long address, long bytes) {
                    seen.add("zeros " + (address - range.address()) + " " + bytes);
                }
            });
        }
        assertThat(seen)
                .containsExactly(
                        "zeros 0 " + BLOCK,
                        "data " + BLOCK + " 8192",
                        "zeros " + (BLOCK + 8192) + " " + (BLOCK - 8192),
                        "zeros " + 2 * BLOCK + " " + BLOCK);
    }

    @Test
    void unchangedMemoryHasTheSameBlocksAfterEarlierMemoryEnded() throws IOException {
        LowerHalf.Range low = new LowerHalf.Range(TestImages.ARENA + 512, 3L * BLOCK);
        LowerHalf.Range high = new LowerHalf.Range(TestImages.ARENA + 9L * BLOCK + 256, 2L * BLOCK);
        ImageStore store = TestImages.store(temp);
        for (List<LowerHalf.Range> ranges : List.of(List.of(low, high), List.of(high))) {
            try (ImageWriter image = store.begin();
                    SectionWriter device = image.sections("device")) {
                device.memory(Section.DEVICE, ranges, TestImages::fill);
                image.add(device.finish());
                image.commit(TestImages.job());
            }
        }
        try (ImageReader first = store.read(1);
                ImageReader second = store.read(2)) {
            List<BlockId> of = first.section(Section.DEVICE).blocks();
            assertThat(of.subList(of.size() - 3, of.size()))
                    .isEqualTo(second.section(Section.DEVICE).blocks());
        }
        assertThat(temp.resolve("images/packs/2-device.pack")).doesNotExist();
    }

    @Test
    void rangesThatOverlapAreRefused() throws IOException {
        try (ImageWriter image = TestImages.store(temp).begin();
                SectionWriter device = image.sections("device")) {
            for (List<LowerHalf.Range> ranges : List.of(
                    List.of(new LowerHalf.Range(4096, 512), new LowerHalf.Range(4096 + 511, 1)),
                    List.of(new LowerHalf.Range(4096, 512), new LowerHalf.Range(0, 1)),
                    List.of(new LowerHalf.Range(4096, 0)),
                    List.of(new LowerHalf.Range(-4096, 16)),
                    List.of(new LowerHalf.Range(Long.MAX_VALUE - 3, 16)),
                    List.of(new LowerHalf.Range(0, Long.MAX_VALUE)))) {
                assertThatThrownBy(() -> device.memory(Section.DEVICE, ranges, TestImages::fill))
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    @Test
    void logAndStateComeBackAsRecords() throws IOException {
        List<Call> calls = List.of(new Call.CtxCreate(1, 2, 0, 0, false), new Call.MemMap(TestImages.ARENA, 1, 4096));
        LowerHalf.DeviceState state =
                new LowerHalf.DeviceState(17, List.of(new LowerHalf.DeviceState.RecordedEvent(3, 99)));
        ImageStore store = TestImages.store(temp);
        try (ImageWriter image = store.begin();
                SectionWriter host = image.sections("host")) {
            host.bytes(Section.LOG, LogCodec.encode(calls));
            host.record(Section.DEVICE_STATE, state);
            image.add(host.finish());
            image.commit(TestImages.job());
        }
        try (ImageReader image = store.read(1)) {
            assertThat(image.log()).isEqualTo(calls);
            assertThat(image.record(Section.DEVICE_STATE, LowerHalf.DeviceState.class))
                    .isEqualTo(state);
            assertThatThrownBy(() -> image.section("host/core")).isInstanceOf(CorruptImageException.class);
        }
    }

    @Test
    void onlyTheOwnerMayReadWhatIsWritten() throws IOException {
        ImageStore store = TestImages.store(temp);
        TestImages.small(store, new byte[10], new byte[10]);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(store.folder(1))))
                .isEqualTo("rwx------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(temp.resolve("images/packs"))))
                .isEqualTo("rwx------");
        for (String file : List.of("1/manifest", "packs/1-device.pack", "packs/1-host.pack")) {
            assertThat(PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(temp.resolve("images").resolve(file))))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void copyDoesNotOverwrite() throws IOException {
        ImageStore store = TestImages.store(temp);
        TestImages.small(store, new byte[10], new byte[10]);
        Path target = Files.writeString(temp.resolve("target"), "mine");
        try (ImageReader image = store.read(1)) {
            assertThatThrownBy(() -> image.unpack(
                            section -> section.name().equals(Section.LOG),
                            section -> Optional.of(target),
                            (done, of) -> { }))
                    .isInstanceOf(FileAlreadyExistsException.class);
        }
        assertThat(target).hasContent("mine");
    }

    @Test
    void unpackingEndsWithWhatItsProgressThrows() throws IOException {
        ImageStore store = TestImages.store(temp);
        TestImages.small(store, new byte[10], new byte[10]);
        CancellationException enough = new CancellationException("enough");
        List<Path> files = new ArrayList<>();
        try (ImageReader image = store.read(1)) {
            assertThatThrownBy(() -> image.unpack(
                            section -> true,
                            section -> {
                                files.add(temp.resolve("unpacked-" + files.size()));
                                return Optional.of(files.getLast());
                            },
                            (done, of) -> {
                                throw enough;
                            }))
                    .isSameAs(enough);
        }
        assertThat(files).isNotEmpty().allSatisfy(file -> assertThat(file).exists());
    }

    private static byte[] sparse(Random random, int length) {
        byte[] bytes = new byte[length];
        for (int at = 0; at < length; at += 64 << 10) {
            if (random.nextInt(4) == 0) {
                byte[] some = TestImages.bytes(random, random.nextInt(Math.min(64 << 10, length - at)));
                System.arraycopy(some, 0, bytes, at, some.length);
            }
        }
        return bytes;
    }

    private static List<LowerHalf.Range> ranges(Random random) {
        List<LowerHalf.Range> ranges = new ArrayList<>();
        long address = TestImages.ARENA;
        for (int i = 0; i < 40; i++) {
            address += random.nextInt(4) == 0 ? random.nextLong(1L << 30) / 256 * 256 : 256L * random.nextInt(8);
            long bytes = random.nextInt(10) == 0 ? random.nextInt(3 * BLOCK) + 1 : random.nextInt(5000) + 1;
            ranges.add(new LowerHalf.Range(address, bytes));
            address += Math.ceilDiv(bytes, 256) * 256L;
        }
        return ranges;
    }

    private static List<LowerHalf.Range> joined(List<LowerHalf.Range> ranges) {
        List<LowerHalf.Range> joined = new ArrayList<>();
        ranges.forEach(range -> append(joined, range));
        return joined;
    }

    private static void append(List<LowerHalf.Range> ranges, LowerHalf.Range next) {
        if (!ranges.isEmpty()) {
            LowerHalf.Range last = ranges.getLast();
            if (last.address() + last.bytes() == next.address()) {
                ranges.set(ranges.size() - 1, new LowerHalf.Range(last.address(), last.bytes() + next.bytes()));
                return;
            }
        }
        ranges.add(next);
    }
}
