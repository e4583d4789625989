package dev.cryo.proxy.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilesImageTest {
    /** One entry as CRIU 4.2.1 writes it: /tmp/a, 66 bytes, open for appending (flags 02001), mode 0100644. */
    private static final String ENTRY = "19435654383130561d000000" + "08011001" + "1a17" + "0801" + "108108" + "1800"
            + "2a00" + "32062f746d702f61" + "4042" + "50a48302";

    @TempDir
    private Path folder;

    private void write(byte[] bytes) throws IOException {
        Files.write(folder.resolve("files.img"), bytes);
    }

    @Test
    void anEntryIsPathSizeAndAccess() throws IOException {
        write(HexFormat.of().parseHex(ENTRY));
        assertThat(FilesImage.read(folder)).containsExactly(new FilesImage.Entry("/tmp/a", 66, 0, false, true));
    }

    @Test
    void damageGivesAnErrorOrAnEntryButNothingElse() throws IOException {
        long seed = System.nanoTime();
        System.out.println("FilesImageTest seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 2000; round++) {
            byte[] bytes = HexFormat.of().parseHex(ENTRY);
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            write(Arrays.copyOf(bytes, random.nextInt(bytes.length) + 1));
            try {
                assertThat(FilesImage.read(folder)).hasSizeLessThanOrEqualTo(1);
            } catch (IOException e) {
                assertThat(e).hasMessageMatching(".* damaged at offset \\d+|.* has wire type \\d+");
            }
        }
    }

    @Test
    void aTruncatedFileIsNamed() throws IOException {
        write(HexFormat.of().parseHex(ENTRY.substring(0, 40)));
        assertThatThrownBy(() -> FilesImage.read(folder)).isInstanceOf(IOException.class)
                .hasMessageContaining("files.img is damaged at offset");
    }
}
