package dev.cryo.benchmarks.apps;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file that one line is appended to in each step, and that must hold exactly the lines so far. */
final class HeldLog implements OpenFiles.Held {
    private final Path file;
    private final FileChannel channel;
    private final StringBuilder expected = new StringBuilder();

    HeldLog(Path file) throws IOException {
        this.file = file;
        Files.deleteIfExists(file);
        channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.APPEND);
    }

    @Override
    public void step(int step) throws IOException {
        verify();
        String line = "step " + step + "\n";
        channel.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII)));
        expected.append(line);
        verify();
    }

    private void verify() throws IOException {
        Program.check(
                channel.size() == expected.length(),
                file + " has " + channel.size() + " bytes, expected " + expected.length());
        String actual = Files.readString(file, StandardCharsets.US_ASCII);
        Program.check(actual.contentEquals(expected), file + " does not hold the lines written to it");
    }

    @Override
    public void finish(Digest digest) {
        digest.add(expected.toString().getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
