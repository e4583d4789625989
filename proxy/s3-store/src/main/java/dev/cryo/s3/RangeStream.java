package dev.cryo.s3;

import dev.cryo.proxy.store.Bucket.FileRange;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.StandardOpenOption;

/** The bytes of a part of a file. For one thread. */
final class RangeStream extends InputStream {
    private final FileRange range;
    private final FileChannel channel;
    private long done;

    RangeStream(FileRange range) throws IOException {
        this.range = range;
        this.channel = FileChannel.open(range.file(), StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        int most = (int) Math.min(length, range.bytes() - done);
        if (most == 0) {
            return -1;
        }
        int count = channel.read(ByteBuffer.wrap(into, offset, most), range.at() + done);
        if (count < 0) {
            throw new EOFException(range.file() + " ends before " + (range.at() + range.bytes()));
        }
        done += count;
        return count;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
