package dev.cryo.proxy.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SavedThreadTest {
    /** As CRIU 4.2.1 writes them, but for what is not read: a thread's name, and only a task's. */
    private static final byte[] OF_THREAD = HexFormat.of()
            .parseHex("1943565447380555" + "11000000" + "0801" + "2a0d" + "0807" + "6a09564d20546872656164");

    private static final byte[] OF_TASK =
            HexFormat.of().parseHex("1943565447380555" + "0c000000" + "0801" + "1a08" + "0801" + "32046a617661");

    @Test
    void itsIdIsInTheFilesNameAndItsNameInTheFile() throws Exception {
        assertThat(SavedThread.of("core-10.img", OF_THREAD)).isEqualTo(new SavedThread(10, "VM Thread"));
        assertThat(SavedThread.of("core-1.img", OF_TASK)).isEqualTo(new SavedThread(1, "java"));
    }

    @Test
    void otherFilesAreAboutNone() {
        assertThat(SavedThread.isIn("core-4000000000.img")).isTrue();
        assertThat(SavedThread.isIn("pages-1.img")).isFalse();
        assertThat(SavedThread.isIn("core-99999999999999999999.img")).isFalse();
        assertThat(SavedThread.isIn("core-1.img.partial")).isFalse();
    }

    @Test
    void aFileWithoutAMessageIsRefused() {
        assertThatThrownBy(() -> SavedThread.of("core-1.img", Arrays.copyOf(OF_TASK, 8)))
                .isInstanceOf(IOException.class)
                .hasMessage("core-1.img has no message");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void damageGivesAThreadOrAnErrorAndNothingElse(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 2000; round++) {
            byte[] bytes = OF_THREAD.clone();
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            byte[] damaged = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            try {
                assertThat(SavedThread.of("core-3.img", damaged).id()).isEqualTo(3);
            } catch (IOException e) {
                assertThat(e).hasMessageMatching(".* damaged at offset \\d+|.* has wire type \\d+|.* has no message");
            }
        }
    }
}
