package dev.cryo.streamlog.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A block that is ready to be stored, in the buffer that it was prepared in.
 *
 * @param stored how many bytes will be stored, without filling; 0 if it need not be
 * @param bytes of the block
 */
record PreparedBlock(BlockId id, BlockBuffer buffer, Codec codec, int stored, int bytes) {
    /** Compression pays from an eighth on: it has to be undone again. */
    private static final int LEAST_GAIN = 8;

    /** Which blocks need not be stored. */
    @FunctionalInterface
    interface Known {
        /** Whether a block is stored already; asked by several threads. */
        boolean has(BlockId id) throws IOException;
    }

    /** Names the first bytes of a buffer, and compresses them unless they are known. */
    static PreparedBlock of(
            BlockBuffer buffer,
            int bytes,
            Known known,
            Optional<Compression> compression,
            Optional<ImageKey> key)
            throws IOException {
        if (bytes == 0) {
            return new PreparedBlock(BlockId.ZERO, buffer, Codec.RAW, 0, 0);
        }
        BlockId id = BlockId.of(buffer.segment(), bytes, key);
        if (known.has(id)) {
            return new PreparedBlock(id, buffer, Codec.RAW, 0, bytes);
        }
        int room = bytes - bytes / LEAST_GAIN;
        if (compression.isPresent() && room > ImageFormat.PAGE_BYTES) {
            int packed = compression
                    .get()
                    .compress(
                            buffer.bytes().clear().limit(bytes),
                            buffer.packed().clear().limit(room));
            if (packed > 0) {
                return sealed(new PreparedBlock(id, buffer, Codec.ZSTD, packed, bytes), key);
            }
        }
        return sealed(new PreparedBlock(id, buffer, Codec.RAW, bytes, bytes), key);
    }

    private static PreparedBlock sealed(PreparedBlock block, Optional<ImageKey> key) {
        if (key.isEmpty()) {
            return block;
        }
        Codec codec = block.codec.sealed();
        key.get()
                .seal(
                        block.contents().clear().limit(block.stored),
                        block.buffer.sealed().clear(),
                        StoredBlock.context(block.id, codec, block.bytes));
        return new PreparedBlock(block.id, block.buffer, codec, block.stored + ImageKey.OVERHEAD, block.bytes);
    }

    private ByteBuffer contents() {
        if (codec.isSealed()) {
            return buffer.sealed();
        }
        return codec.isCompressed() ? buffer.packed() : buffer.bytes();
    }

    /** Appends it to a pack. */
    void appendTo(PackWriter pack) throws IOException {
        ByteBuffer from = contents();
        int pages = PackFormat.pages(stored);
        from.clear();
        for (int at = stored; at < pages; at++) {
            from.put(at, (byte) 0);
        }
        pack.append(id, from.limit(pages), stored, bytes, codec);
    }
}
