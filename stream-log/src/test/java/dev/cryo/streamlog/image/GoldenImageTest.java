package dev.cryo.streamlog.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.log.LogCodec;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Images of every format version that was released are read for ever. A version's image is written once, by running
 * this test with {@code -Dgolden.write=src/test/resources/images}.
 */
class GoldenImageTest {
    private static final List<Call> LOG = List.of(
            new Call.CtxCreate(1, 2, 0, 4, false),
            new Call.ModuleLoad(3, 1, ".version 9.0".getBytes(StandardCharsets.UTF_8), 0x2000_0000_0000L, 64),
            new Call.FunctionGet(4, 3, "saxpy"),
            new Call.FunctionGet(5, 3, "dot"),
            new Call.MemMap(TestImages.ARENA + 256, 1, 512),
            new Call.StreamCreate(6, 1, 1, 0),
            new Call.EventCreate(7, 1, 2));
    private static final byte[] CORE = "what CRIU wrote\n".getBytes(StandardCharsets.US_ASCII);
    private static final long NEWEST = 3;
    /** That of version 3; images of earlier ones are read with a key too. */
    private static final ImageKeys KEYS = ImageKeys.of(
            Optional.of(ImageKey.of("the key of the golden images, 32".getBytes(StandardCharsets.US_ASCII))));

    private static ImageStore golden() throws IOException, URISyntaxException {
        String target = System.getProperty("golden.write");
        if (target != null) {
            ImageStore store = new ImageStore(Path.of(target).toAbsolutePath(), KEYS, Disk.REAL, TestImages.CLOCK);
            if (!store.numbers().contains(NEWEST)) {
                TestImages.small(store, LogCodec.encode(LOG), CORE);
            }
            return store;
        }
        return ImageStore.in(
                Path.of(Objects.requireNonNull(GoldenImageTest.class.getResource("/images"))
                        .toURI()),
                KEYS);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void anImageOfEveryVersionIsRead(long number) throws Exception {
        try (ImageReader image = golden().read(number)) {
            assertThat(image.formatVersion()).isEqualTo((int) number);
            image.verifyAll((done, of) -> {});
            assertThat(image.manifest().job()).isEqualTo(TestImages.job());
            assertThat(image.manifest().createdMillis()).isEqualTo(TestImages.CLOCK.millis());
            assertThat(image.log())
                    .usingRecursiveFieldByFieldElementComparator()
                    .isEqualTo(LOG);
            assertThat(image.bytes("host/core-1.img")).isEqualTo(CORE);
            assertThat(image.record(Section.DEVICE_STATE, LowerHalf.DeviceState.class))
                    .isEqualTo(new LowerHalf.DeviceState(42, List.of()));
            List<Long> addresses = new ArrayList<>();
            image.readMemory(Section.DEVICE, (address, contents) -> {
                MemorySegment expected = MemorySegment.ofArray(new byte[(int) contents.byteSize()]);
                TestImages.fill(address, expected);
                assertThat(contents.mismatch(expected)).isEqualTo(-1);
                addresses.add(address);
            });
            assertThat(addresses).containsExactly(TestImages.ARENA + 256, TestImages.ARENA + 1024);
        }
    }

    @Test
    void theWriterStillWritesTheVeryBytes() throws Exception {
        ImageStore golden = golden();
        Path temp = Files.createTempDirectory("golden");
        try {
            ImageStore store = TestImages.store(temp);
            store.begin().close(); // The golden image of today's version without a key is number 2.
            TestImages.small(store, LogCodec.encode(LOG), CORE);
            for (String pack : List.of("2-device.pack", "2-host.pack")) {
                assertThat(temp.resolve("images/packs").resolve(pack))
                        .hasSameBinaryContentAs(golden.folder(2).resolveSibling("packs").resolve(pack));
            }
            try (ImageReader image = golden.read(2)) {
                Manifest written = ManifestFile.read(store.folder(2), ImageKeys.NONE).manifest();
                assertThat(new ManifestFile(image.id(), written, Optional.empty()).encode())
                        .isEqualTo(Files.readAllBytes(golden.folder(2).resolve(Manifest.FILE)));
            }
        } finally {
            Disk.REAL.deleteTree(temp);
        }
    }

    @Test
    void theImageIsDescribedForHumans() throws Exception {
        try (ImageReader image = golden().read(1)) {
            ImageDescription description = ImageDescription.of(image);
            assertThat(description.created()).isEqualTo("2026-01-01T00:00:00Z");
            assertThat(description.formatVersion()).isEqualTo(1);
            assertThat(description.id()).isEqualTo(image.id().toString());
            assertThat(description.job()).isEqualTo(TestImages.job());
            assertThat(description.job().property("processor")).contains("x86-64-v3");
            assertThat(description.job().property("none")).isEqualTo(Optional.empty());
            assertThat(description.sections())
                    .extracting(ImageDescription.SectionSize::name)
                    .containsExactly("device", "device-state", "log", "host/core-1.img");
            assertThat(description.sections().getFirst())
                    .isEqualTo(new ImageDescription.SectionSize("device", 4096, 4096, 2));
            assertThat(description.bytes()).isEqualTo(4096 + 12 + LogCodec.encode(LOG).length + CORE.length);
            assertThat(description.storedBytes()).isEqualTo(description.bytes());
            assertThat(description.memory())
                    .containsExactly(
                            new LowerHalf.Range(TestImages.ARENA + 256, 512),
                            new LowerHalf.Range(TestImages.ARENA + 1024, 128));
            assertThat(description.allocations())
                    .containsExactly(new ImageDescription.Allocation("device", TestImages.ARENA + 256, 512));
            assertThat(description.modules())
                    .containsExactly(
                            new ImageDescription.Module(3, 12, 0x2000_0000_0000L, List.of("saxpy", "dot")));
            assertThat(description.calls().get(4))
                    .isEqualTo(new ImageDescription.LoggedCall(
                            "MemMap", Map.of("address", "0x100000000100", "context", "1", "bytes", "512")));
            assertThat(description.calls().get(1).arguments()).containsEntry("image", "12 bytes");
        }
    }
}
