package dev.cryo.streamlog.image;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Memory for one block, as it is and as it is stored. For one thread at a time. */
final class BlockBuffer {
    private static final MemorySegment ZERO_PAGE = MemorySegment.ofArray(new byte[ImageFormat.PAGE_BYTES]);

    private final SegmentAllocator allocator;
    private final MemorySegment segment;
    private final ByteBuffer bytes;
    private @Nullable ByteBuffer packed;
    private @Nullable ByteBuffer sealed;

    /** A buffer whose memory lasts as long as the allocator's. */
    BlockBuffer(SegmentAllocator allocator) {
        this.allocator = allocator;
        segment = allocator.allocate(ImageFormat.BLOCK_BYTES, ImageFormat.PAGE_BYTES);
        bytes = segment.asByteBuffer();
    }

    /** The block itself. */
    MemorySegment segment() {
        return segment;
    }

    /** The same memory; one object, whose position and limit are whatever they were left at. */
    ByteBuffer bytes() {
        return bytes;
    }

    /** Memory for what is stored of a block that is compressed. */
    ByteBuffer packed() {
        if (packed == null) {
            packed = allocator.allocate(ImageFormat.BLOCK_BYTES, ImageFormat.PAGE_BYTES).asByteBuffer();
        }
        return packed;
    }

    /** Memory for what is stored of a block that is encrypted. */
    ByteBuffer sealed() {
        if (sealed == null) {
            int most = PackFormat.pages(ImageFormat.BLOCK_BYTES + ImageKey.OVERHEAD);
            sealed = allocator.allocate(most, ImageFormat.PAGE_BYTES).asByteBuffer();
        }
        return sealed;
    }

    /** How many of the first {@code length} bytes remain when the zero pages at the end are left out. */
    int withoutTrailingZeros(int length) {
        int end = length;
        while (end > 0) {
            int page = (end - 1) / ImageFormat.PAGE_BYTES * ImageFormat.PAGE_BYTES;
            if (MemorySegment.mismatch(segment, page, end, ZERO_PAGE, 0, end - page) >= 0) {
                return end;
            }
            end = page;
        }
        return 0;
    }

    /**
     * Loads a block, with zeros behind it, and checks what is stored of it.
     *
     * @param key what it is encrypted with, if it is
     * @param what the block is, for messages
     */
    void load(StoredBlock block, Optional<ImageKey> key, String what) throws IOException {
        if (key.isPresent() && !block.codec().isSealed()) {
            String sealed = "a block that " + key.get() + " has sealed (" + what + ")";
            throw new CorruptImageException(block.path(), block.at(), sealed, "a plain one");
        }
        boolean compressed = block.codec().isCompressed();
        ByteBuffer contents = compressed ? packed() : bytes;
        ByteBuffer into = block.codec().isSealed() ? sealed() : contents;
        read(block, into.clear().limit(block.checked()));
        check(block, into.flip(), what);
        int length = block.stored();
        if (block.codec().isSealed()) {
            length -= ImageKey.OVERHEAD;
            open(block, key, into.limit(block.stored()), contents.clear().limit(length), what);
        }
        if (compressed) {
            decompress(block, length, what);
        }
        segment.asSlice(block.bytes()).fill((byte) 0);
    }

    private static void open(
            StoredBlock block, Optional<ImageKey> key, ByteBuffer from, ByteBuffer into, String what)
            throws ImageException {
        if (key.isEmpty() || !key.get().open(from, into, block.context())) {
            throw new CorruptImageException(
                    block.path(),
                    block.at(),
                    "a block that " + key.map(ImageKey::toString).orElse("a key") + " has sealed (" + what + ")",
                    key.isEmpty() ? "no key" : "another");
        }
    }

    private void decompress(StoredBlock block, int stored, String what) throws IOException {
        Compression zstd = Compression.find()
                .orElseThrow(() -> new FileSystemException(
                        block.path().toString(), null, "compressed blocks cannot be read by this process"));
        int length = zstd.decompress(
                packed().clear().limit(stored), bytes.clear().limit(block.bytes()));
        if (length != block.bytes()) {
            throw new CorruptImageException(
                    block.path(),
                    block.at(),
                    "a zstd frame of " + block.bytes() + " bytes (" + what + ")",
                    length < 0 ? "none" : length + " bytes");
        }
    }

    /** Checks what is stored of a block. */
    static void check(StoredBlock block, ByteBuffer stored, String what) throws ImageException {
        CRC32C crc = new CRC32C();
        crc.update(stored.duplicate());
        if ((int) crc.getValue() != block.crc32c()) {
            throw new CorruptImageException(
                    block.path(),
                    block.at(),
                    "CRC32C " + ImageFormat.hex(block.crc32c()) + " of " + block.checked() + " bytes (" + what + ")",
                    ImageFormat.hex((int) crc.getValue()));
        }
    }

    /** Reads what is stored of a block, from the buffer's position on up to its limit. */
    static void read(StoredBlock block, ByteBuffer into) throws IOException {
        while (into.hasRemaining()) {
            long at = block.at() + into.position();
            int count;
            try {
                count = block.channel().read(into, at);
            } catch (IOException e) {
                throw (IOException) new FileSystemException(
                                block.path().toString(), null, "cannot read at offset " + at + ": " + e.getMessage())
                        .initCause(e);
            }
            if (count < 0) {
                throw new CorruptImageException(
                        block.path(), at, (block.at() + block.checked()) + " bytes", at + " bytes");
            }
        }
    }
}
