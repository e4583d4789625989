package dev.cryo.streamlog.image;

import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * Where a block is stored, and how.
 *
 * @param path of the file, for messages
 * @param at offset in it
 * @param stored bytes there that belong to the block, without what fills its last page
 * @param checked bytes there that are under the checksum
 * @param bytes of the block; those behind them are zero
 */
record StoredBlock(
        Path path, FileChannel channel, long at, int stored, int checked, int bytes, Codec codec, int crc32c) {}
