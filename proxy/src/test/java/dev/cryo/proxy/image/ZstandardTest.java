package dev.cryo.proxy.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.image.Compression;
import dev.cryo.streamlog.image.ImageReader;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.image.ImageWriter;
import dev.cryo.streamlog.image.JobInfo;
import dev.cryo.streamlog.image.Section;
import dev.cryo.streamlog.image.SectionWriter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ZstandardTest {
    private static final int BLOCK = 2 << 20;
    private static final JobInfo JOB = new JobInfo(
            "job", "1", JobInfo.Arrangement.PROXY, "ptx", JobInfo.HostMode.APP,
            List.of("java"), List.of(), "/", List.of());

    private final Compression zstd = new Zstandard();

    @TempDir
    private Path folder;

    private static ByteBuffer text() {
        ByteBuffer text = ByteBuffer.allocateDirect(BLOCK);
        Random random = new Random(1);
        while (text.hasRemaining()) {
            text.put((byte) ('a' + random.nextInt(4)));
        }
        return text.flip();
    }

    @Test
    void itIsTheCompressionOfThisProcess() {
        assertThat(Compression.find()).containsInstanceOf(Zstandard.class);
    }

    @Test
    void whatIsCompressedIsDecompressed() {
        ByteBuffer packed = ByteBuffer.allocateDirect(BLOCK);
        int length = zstd.compress(text(), packed);
        assertThat(length).isPositive().isLessThan(BLOCK / 3);
        ByteBuffer back = ByteBuffer.allocateDirect(BLOCK);
        assertThat(zstd.decompress(packed.limit(length), back)).isEqualTo(BLOCK);
        assertThat(back.position(0).limit(BLOCK)).isEqualTo(text());
    }

    @Test
    void whatDoesNotBecomeSmallEnoughIsLeftAsItIs() {
        byte[] noise = new byte[BLOCK];
        new Random(2).nextBytes(noise);
        ByteBuffer direct = ByteBuffer.allocateDirect(BLOCK).put(noise).flip();
        assertThat(zstd.compress(direct, ByteBuffer.allocateDirect(BLOCK - BLOCK / 8))).isZero();
    }

    @Test
    void aFrameThatWouldBecomeLargerThanItsPlaceIsRefused() {
        ByteBuffer packed = ByteBuffer.allocateDirect(BLOCK);
        int length = zstd.compress(text(), packed);
        assertThat(zstd.decompress(packed.limit(length), ByteBuffer.allocateDirect(BLOCK - 1))).isNegative();
    }

    @Test
    void damagedFramesAreRefusedOrBecomeNoLongerThanTheirPlace() {
        Random random = new Random(3);
        ByteBuffer packed = ByteBuffer.allocateDirect(BLOCK);
        int length = zstd.compress(text(), packed);
        ByteBuffer back = ByteBuffer.allocateDirect(BLOCK);
        for (int i = 0; i < 300; i++) {
            int at = random.nextInt(i < 100 ? 20 : length);
            byte good = packed.get(at);
            packed.put(at, (byte) random.nextInt());
            assertThat(zstd.decompress(packed.position(0).limit(length), back.clear())).isBetween(-1, BLOCK);
            packed.put(at, good);
        }
    }

    /** The store has its block already, in the form in which memory is stored. */
    @Test
    void whatIsReadAsAWholeMayBeWhatMemoryHolds() throws Exception {
        byte[] log = new byte[8192];
        text().get(log);
        ImageStore store = ImageStore.in(folder.resolve("images"));
        for (int number = 1; number <= 2; number++) {
            try (ImageWriter image = store.begin();
                    SectionWriter device = image.sections("device")) {
                device.memory(
                        Section.DEVICE, List.of(new LowerHalf.Range(0x1000_0000_0000L, log.length)),
                        (address, into) -> into.copyFrom(MemorySegment.ofArray(log)));
                device.bytes(Section.LOG, log);
                image.add(device.finish());
                image.commit(JOB);
            }
            try (ImageReader image = store.read(number)) {
                image.verifyAll((done, of) -> {});
                assertThat(image.bytes(Section.LOG)).isEqualTo(log);
            }
        }
    }

    @Test
    void anImageOfBlocksThatCanBeCompressedIsSmallAndWhole() throws Exception {
        LowerHalf.Range range = new LowerHalf.Range(0x1000_0000_0000L, 8L * BLOCK + 12_345);
        ImageStore store = ImageStore.in(folder.resolve("images"));
        try (ImageWriter image = store.begin();
                SectionWriter device = image.sections("device")) {
            device.memory(Section.DEVICE, List.of(range), (address, into) -> {
                for (long i = 0; i < into.byteSize(); i++) {
                    into.set(ValueLayout.JAVA_BYTE, i, (byte) ((address + i) / 1000));
                }
            });
            image.add(device.finish());
            image.commit(JOB);
        }
        assertThat(store.neededBytes(1)).isLessThan(range.bytes() / 10);
        try (ImageReader image = store.read(1)) {
            image.verifyAll((done, of) -> {});
            image.readMemory(Section.DEVICE, (address, contents) -> {
                for (long i = 0; i < contents.byteSize(); i++) {
                    if (contents.get(ValueLayout.JAVA_BYTE, i) != (byte) ((address + i) / 1000)) {
                        throw new AssertionError("another byte at " + (address + i));
                    }
                }
            });
        }
    }
}
