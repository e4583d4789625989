package dev.cryo.proxy.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.proxy.host.PagesImage.Run;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PagesImageTest {
    private static final int PAGE = (int) AbsentPages.PAGE_BYTES;
    private static final int LAZY_AND_PRESENT = 6;
    private static final int PRESENT = 4;

    @TempDir
    private Path folder;

    private final ByteArrayOutputStream file = new ByteArrayOutputStream();

    private void message(long... fields) {
        var message = new ByteArrayOutputStream();
        for (int i = 0; i < fields.length; i += 2) {
            message.write((int) fields[i] << 3);
            for (long rest = fields[i + 1]; ; rest >>>= 7) {
                message.write((int) (rest & 0x7f | (rest >>> 7 == 0 ? 0 : 0x80)));
                if (rest >>> 7 == 0) {
                    break;
                }
            }
        }
        file.writeBytes(
                ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(message.size()).array());
        file.writeBytes(message.toByteArray());
    }

    private void ordinary() {
        file.writeBytes(new byte[8]);
        message(1, 7);
        message(1, 0x10000, 2, 3, 4, LAZY_AND_PRESENT);
        message(1, 0x20000, 2, 5, 4, PRESENT);
        message(1, 0x7fff00000000L, 2, 200, 4, LAZY_AND_PRESENT);
        message(1, 0x7fff40000000L, 2, 1, 4, PRESENT);
    }

    private PagesImage read(String name) throws IOException {
        Files.write(folder.resolve(name), file.toByteArray());
        return PagesImage.read(folder, 4 * PAGE);
    }

    @Test
    void lazyRunsOfAProcessAreToldAndTheBlocksOfAllOthers() throws Exception {
        ordinary();
        PagesImage image = read("pagemap-12.img");
        assertThat(image.processes())
                .isEqualTo(Map.of(
                        12,
                        List.of(
                                new Run(0x10000, 3 * PAGE, "pages-7.img", 0),
                                new Run(0x7fff00000000L, 200 * PAGE, "pages-7.img", 8 * PAGE))));
        assertThat(image.others()).isEqualTo(Map.of("pages-7.img", BitSet.valueOf(new long[] {0b11 | 1L << 52})));
    }

    @Test
    void sharedMemoryHasNoLazyPages() throws Exception {
        ordinary();
        assertThatThrownBy(() -> read("pagemap-shmem-12.img"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("lazy pages of shared memory");
    }

    @Test
    void anyDamageGivesAnErrorOrAMapButNothingElse() throws Exception {
        long seed = System.nanoTime();
        System.out.println("PagesImageTest seed " + seed);
        Random random = new Random(seed);
        ordinary();
        byte[] whole = file.toByteArray();
        for (int round = 0; round < 2000; round++) {
            byte[] bytes = whole.clone();
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            file.reset();
            file.write(bytes, 0, random.nextInt(bytes.length) + 1);
            try {
                assertThat(read("pagemap-12.img").processes()).hasSize(1);
            } catch (IOException e) {
                assertThat(e).hasMessageMatching("(?s).*(damaged|wire type|not known|no head|than there can be).*");
            }
        }
    }
}
