package dev.cryo.benchmarks.apps;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** A file that was deleted after it was opened; each step writes one block of it and reads all. */
final class HeldDeletedFile implements OpenFiles.Held {
    private static final int BLOCK = 1024;
    private static final int BLOCKS = 64;

    private final FileChannel channel;
    private final byte[] expected = new byte[BLOCK * BLOCKS];

    HeldDeletedFile(Path file) throws IOException {
        Files.deleteIfExists(file);
        channel = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
        channel.write(ByteBuffer.wrap(expected));
        Files.delete(file);
    }

    @Override
    public void step(int step) throws IOException {
        verify();
        int from = step % BLOCKS * BLOCK;
        Arrays.fill(expected, from, from + BLOCK, (byte) step);
        channel.write(ByteBuffer.wrap(expected, from, BLOCK), from);
        verify();
    }

    private void verify() throws IOException {
        Program.check(channel.size() == expected.length, "the deleted file has " + channel.size() + " bytes");
        ByteBuffer actual = ByteBuffer.allocate(expected.length);
        while (actual.hasRemaining()) {
            Program.check(channel.read(actual, actual.position()) > 0, "the deleted file ends early");
        }
        int differs = Arrays.mismatch(expected, actual.array());
        Program.check(differs < 0, "the deleted file differs at byte " + differs);
    }

    @Override
    public void finish(Digest digest) {
        digest.add(expected);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
