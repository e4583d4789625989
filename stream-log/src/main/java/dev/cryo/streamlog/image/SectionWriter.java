package dev.cryo.streamlog.image;

import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.codec.Encoder;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes sections, one after the other, into one file of an image that is being written, in the process that began the
 * image or in another. Needs memory for one block. For one thread at a time.
 *
 * <p>A method that fails leaves the file useless: the image must be given up. A full disk is an {@link IOException}
 * that names the file.
 */
public final class SectionWriter implements AutoCloseable {
    private final Path path;
    private final String file;
    private final Disk disk;
    private final FileChannel channel;
    private final Arena arena = Arena.ofShared();
    private final BlockBuffer block = new BlockBuffer(arena);
    private final List<Section> sections = new ArrayList<>();
    private long stored;

    private SectionWriter(Path path, String file, Disk disk, FileChannel channel) {
        this.path = path;
        this.file = file;
        this.disk = disk;
        this.channel = channel;
    }

    /**
     * Creates a file for sections.
     *
     * @param imageFolder {@link ImageWriter#folder}
     * @param file its name: letters, digits, {@code - _ .}
     * @throws IOException if there is such a file
     */
    public static SectionWriter create(Path imageFolder, String file) throws IOException {
        return create(imageFolder, file, Disk.REAL);
    }

    static SectionWriter create(Path folder, String file, Disk disk) throws IOException {
        Path path = folder.resolve(Names.checkFile(file));
        return new SectionWriter(path, file, disk, disk.createFile(path));
    }

    /** Writes a section that will be read as a whole: every byte is stored. */
    public void bytes(String name, byte[] contents) throws IOException {
        Names.checkSection(name);
        List<Section.Block> blocks = new ArrayList<>();
        for (int at = 0; at < contents.length; at += ImageFormat.BLOCK_BYTES) {
            int length = Math.min(ImageFormat.BLOCK_BYTES, contents.length - at);
            block.bytes().clear().put(contents, at, length);
            blocks.add(store(length));
        }
        sections.add(new Section(name, file, contents.length, List.of(), blocks));
    }

    /** Writes a section that holds an encoded record. */
    public void record(String name, Record value) throws IOException {
        Encoder out = new Encoder();
        out.putRecord(value);
        bytes(name, out.toByteArray());
    }

    /** Writes a section from a stream, up to its end. */
    public void stream(String name, InputStream contents) throws IOException {
        byte[] piece = new byte[64 << 10];
        blocks(name, into -> {
            int count = contents.read(piece, 0, Math.min(piece.length, into.remaining()));
            if (count > 0) {
                into.put(piece, 0, count);
            }
            return count;
        });
    }

    /** Writes a section from a file. */
    public void file(String name, Path source) throws IOException {
        try (FileChannel in = FileChannel.open(source, StandardOpenOption.READ)) {
            blocks(name, in::read);
        }
    }

    /**
     * Writes the contents of memory.
     *
     * @param ranges ascending, without overlap
     * @param reader is asked for each range in order, in pieces of at most 2 MiB
     * @throws IllegalArgumentException if the ranges are not so
     */
    public void memory(String name, List<LowerHalf.Range> ranges, ContentsReader reader) throws IOException {
        Names.checkSection(name);
        MemoryWindows windows = new MemoryWindows(List.copyOf(ranges));
        List<Section.Block> blocks = new ArrayList<>();
        for (long at = 0; at < windows.bytes(); at += ImageFormat.BLOCK_BYTES) {
            int length = (int) Math.min(ImageFormat.BLOCK_BYTES, windows.bytes() - at);
            List<MemoryWindows.Piece> pieces = windows.pieces(blocks.size());
            if (pieces.getFirst().bytes() < length) {
                block.segment().fill((byte) 0);
            }
            for (MemoryWindows.Piece piece : pieces) {
                reader.read(piece.address(), block.segment().asSlice(piece.inBlock(), piece.bytes()));
            }
            blocks.add(store(block.withoutTrailingZeros(length)));
        }
        sections.add(new Section(name, file, windows.bytes(), ranges, blocks));
    }

    /**
     * Makes everything durable and describes it, to be given to {@link ImageWriter#add}; the last call but {@link
     * #close}.
     */
    public byte[] finish() throws IOException {
        disk.force(path, channel);
        return new SectionList(sections).encode();
    }

    /** Closes the file; what was written stays until the image is given up. */
    @Override
    public void close() throws IOException {
        arena.close();
        channel.close();
    }

    private void blocks(String name, Source source) throws IOException {
        Names.checkSection(name);
        List<Section.Block> blocks = new ArrayList<>();
        long bytes = 0;
        boolean more = true;
        while (more) {
            ByteBuffer into = block.bytes().clear();
            while (into.hasRemaining() && more) {
                more = source.read(into) >= 0;
            }
            int length = into.position();
            if (length > 0) {
                blocks.add(store(block.withoutTrailingZeros(length)));
                bytes += length;
            }
        }
        sections.add(new Section(name, file, bytes, List.of(), blocks));
    }

    private Section.Block store(int length) throws IOException {
        if (length == 0) {
            return Section.Block.ZERO;
        }
        Section.Block description = new Section.Block(stored, length, block.crc32c(length));
        disk.write(path, channel, block.bytes().clear().limit(length));
        stored += length;
        return description;
    }

    /** Reads memory. */
    @FunctionalInterface
    public interface ContentsReader {
        /** Fills {@code into} with what lies at {@code address}. */
        void read(long address, MemorySegment into) throws IOException;
    }

    @FunctionalInterface
    private interface Source {
        int read(ByteBuffer into) throws IOException;
    }
}
