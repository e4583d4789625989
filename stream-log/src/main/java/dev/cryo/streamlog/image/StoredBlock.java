package dev.cryo.streamlog.image;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * Where a block is stored, and how.
 *
 * @param id what it is known by; of version 1, whose blocks have no names, that of zeros
 * @param path of the file, for messages
 * @param at offset in it
 * @param stored bytes there that belong to the block, without what fills its last page
 * @param checked bytes there that are under the checksum
 * @param bytes of the block; those behind them are zero
 */
record StoredBlock(
        BlockId id,
        Path path,
        FileChannel channel,
        long at,
        int stored,
        int checked,
        int bytes,
        Codec codec,
        int crc32c) {
    /** What an encrypted block is sealed for, so that no other can be put in its place. */
    byte[] context() {
        return context(id, codec, bytes);
    }

    static byte[] context(BlockId id, Codec codec, int bytes) {
        return ByteBuffer.allocate(24)
                .putLong(id.high())
                .putLong(id.low())
                .putInt(codec.ordinal())
                .putInt(bytes)
                .array();
    }
}
