package dev.cryo.proxy.host;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostImageTest {
    private static final int MOST = 256 << 20;

    @TempDir
    private Path folder;

    @Test
    void filesOfAnyLengthAreNotReadIntoMemory() throws Exception {
        Path file = folder.resolve(HostImage.NAME);
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(1), MOST);
        }
        String message = file + " has 268435457 bytes, more than 268435456";
        assertThatThrownBy(() -> HostImage.read(folder))
                .isInstanceOf(HostStateException.class)
                .hasMessageContaining(message);
        assertThatThrownBy(() -> CriuMessage.all(file)).hasMessage(message);
    }
}
