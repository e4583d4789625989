package dev.cryo.streamlog.image;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The sections of an image that are files, read a block at a time; each block is checked as
 * {@link ImageReader#verifyAll} would, checksum and name, before anybody has a byte of it. The image need not stay in
 * its folder. For one thread.
 */
public final class StoredFiles implements AutoCloseable {
    /** What a block of a file holds, but for the last one. */
    public static final int BLOCK_BYTES = ImageFormat.BLOCK_BYTES;

    private final ImageReader image;
    private final Arena arena = Arena.ofShared();
    private final Map<String, Loaded> loaded = new HashMap<>();

    private StoredFiles(ImageReader image) {
        this.image = image;
    }

    private static final class Loaded {
        private final BlockBuffer buffer;
        private int block = -1;

        private Loaded(BlockBuffer buffer) {
            this.buffer = buffer;
        }
    }

    /**
     * Opens the image in a folder.
     *
     * @throws ImageException if it cannot be used
     */
    public static StoredFiles open(Path folder, ImageKeys keys) throws IOException {
        return new StoredFiles(ImageReader.open(folder, keys));
    }

    /** A block of a section, zero behind its end; until the next call. The last one of each section is kept. */
    public MemorySegment block(String name, int block) throws IOException {
        Section section = image.section(name);
        if (block < 0 || block >= section.blocks().size()) {
            throw new CorruptImageException(
                    image.folder().resolve(Manifest.FILE),
                    ImageException.NO_OFFSET,
                    "block " + block + " of section " + name,
                    section.blocks().size() + " blocks");
        }
        Loaded last = loaded.computeIfAbsent(name, any -> new Loaded(new BlockBuffer(arena)));
        if (last.block != block) {
            last.block = -1; // What is half loaded is no block.
            int unused = image.loadNamed(section, block, last.buffer);
            last.block = block;
        }
        return last.buffer.segment().asReadOnly();
    }

    @Override
    public void close() throws IOException {
        arena.close();
        image.close();
    }
}
