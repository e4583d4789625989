package dev.cryo.proxy.supervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.streamlog.image.ImageKey;
import dev.cryo.streamlog.image.ImageKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeySourceTest {
    private static final String HEX = "00112233445566778899aabbccddeeff".repeat(2);
    private static final ImageKey KEY = ImageKey.parse(HEX.getBytes(StandardCharsets.US_ASCII));

    @TempDir
    private Path folder;

    private KeySource file(String contents, String permissions) throws IOException {
        Path file = Files.writeString(folder.resolve("key"), contents);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
        return new KeySource(file.toString(), null);
    }

    @Test
    void aFileOrACommandHasIt() throws IOException {
        assertThat(file(HEX + "\n", "rw-------").keys().find()).contains(KEY);
        assertThat(new KeySource(null, "echo " + HEX).keys().find()).contains(KEY);
        assertThat(KeySource.NONE.keys().find()).isEmpty();
    }

    @Test
    void aCommandRunsOnceAndNotBeforeItIsNeeded() throws IOException {
        Path runs = folder.resolve("runs");
        ImageKeys keys = new KeySource(null, "echo run >>" + runs + "; echo " + HEX).keys();
        assertThat(runs).doesNotExist();
        assertThat(keys.find()).contains(KEY);
        assertThat(keys.find()).contains(KEY);
        assertThat(runs).hasContent("run");
    }

    @Test
    void aFileThatOthersCanReadIsRefused() throws IOException {
        KeySource key = file(HEX, "rw-r-----");
        assertThatThrownBy(() -> key.keys().find())
                .isInstanceOf(IOException.class)
                .hasMessage("key file %1$s can be read by others: `chmod 600 %1$s`".formatted(key.file()));
    }

    @Test
    void whatIsNotThereIsNamed() {
        KeySource key = new KeySource(folder.resolve("nothing").toString(), null);
        assertThatThrownBy(() -> key.keys().find())
                .isInstanceOf(IOException.class)
                .hasMessage("key file " + key.file() + " is not there");
    }

    @Test
    void aCommandThatFailsIsNamed() {
        assertThatThrownBy(() -> new KeySource(null, "exit 3").keys().find())
                .isInstanceOf(IOException.class)
                .hasMessage("key command \"exit 3\" ended with 3");
    }

    @Test
    void whatIsNoKeyIsNamedWithoutItsContents() throws IOException {
        KeySource key = file("secret", "rw-------");
        assertThatThrownBy(() -> key.keys().find())
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("key file " + key.file() + " has no key: a key is 32 bytes")
                .hasMessageNotContaining("secret");
    }

    /** More than a key is not read, however much a command prints. */
    @Test
    void anEndlessCommandIsNoKey() {
        assertThatThrownBy(() -> new KeySource(null, "yes").keys().find()).isInstanceOf(IOException.class);
    }

    @Test
    void aCommandThatDoesNotEndIsEndedAndNamed() {
        ImageKeys hanging = new KeySource(null, "sleep 61.7; echo " + HEX).keys(Duration.ofSeconds(1));
        assertThatThrownBy(hanging::find)
                .isInstanceOf(IOException.class)
                .hasMessage("key command \"sleep 61.7; echo " + HEX + "\" did not end within 1 s");
        assertThat(ProcessHandle.allProcesses().map(ProcessHandle::info))
                .noneMatch(info -> info.commandLine().orElse("").endsWith("sleep 61.7"));
    }
}
