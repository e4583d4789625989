package dev.cryo.streamlog.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which packs are open, of stores with more of them than a process may have open. */
class PacksTest {
    private static final int IMAGES = 5;

    @TempDir
    private Path temp;

    private ImageStore store;
    private Path packs;

    /** Images of two blocks each, of which one is the first image's. */
    @BeforeEach
    void write() throws IOException {
        store = TestImages.store(temp);
        packs = temp.resolve("images/packs");
        for (int i = 1; i <= IMAGES; i++) {
            try (ImageWriter image = store.begin();
                    SectionWriter device = image.sections("device")) {
                device.bytes(Section.LOG, TestImages.bytes(new Random(0), 5000));
                device.bytes("host/core-1.img", TestImages.bytes(new Random(i), 5000));
                image.add(device.finish());
                Manifest unused = image.commit(TestImages.job());
            }
        }
    }

    private Packs open(long image, int few) throws IOException {
        return Packs.open(packs, sections(image), few);
    }

    private List<Section> sections(long image) throws IOException {
        return ManifestFile.read(store.folder(image), ImageKeys.NONE).manifest().sections();
    }

    private static List<String> open(Packs packs) {
        return packs.readable().stream()
                .filter(PackFile::isOpen)
                .map(pack -> pack.path().getFileName().toString())
                .toList();
    }

    private static void read(Packs packs, BlockId id) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            new BlockBuffer(arena).load(packs.find(id), Optional.empty(), "a block");
        }
    }

    @Test
    void onlyThosePacksAreOpenThatAnImageNeeds() throws IOException {
        try (Packs some = open(4, IMAGES - 1)) {
            assertThat(some.readable()).hasSize(IMAGES);
            assertThat(open(some)).containsExactly("1-device.pack", "4-device.pack");
            for (Section section : sections(4)) {
                read(some, section.blocks().getFirst());
            }
            BlockId other = sections(5).getLast().blocks().getFirst();
            assertThat(some.has(other)).isTrue();
            assertThatThrownBy(() -> read(some, other)).hasCauseInstanceOf(ClosedChannelException.class);
        }
    }

    @Test
    void fewPacksAreAllOpenAndIndicesNeedNone() throws IOException {
        try (Packs all = open(4, IMAGES);
                Packs none = Packs.indices(packs)) {
            assertThat(open(all)).hasSize(IMAGES);
            assertThat(open(none)).isEmpty();
            assertThat(none.has(sections(5).getLast().blocks().getFirst())).isTrue();
        }
    }

    @Test
    void whatIsOpenIsReadAfterItWasRemoved() throws IOException {
        List<Section> needed = sections(4);
        try (Packs some = open(4, 0)) {
            for (long image = 1; image <= IMAGES; image++) {
                store.remove(image);
            }
            assertThat(store.collect(false).packs()).isEqualTo(IMAGES);
            for (Section section : needed) {
                read(some, section.blocks().getFirst());
            }
        }
    }
}
