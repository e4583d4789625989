package dev.cryo.streamlog.image;

import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.codec.Encoder;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Writes sections, one after the other, of an image that is being written, in the process that began the image or in
 * another. Blocks that the store has already are not written again, nor those that other jobs have whose blocks it
 * shares; new ones go to one pack. For one thread at a time.
 *
 * <p>A method that fails leaves the pack useless: the image must be given up. A full disk is an {@link IOException}
 * that names the file.
 */
public final class SectionWriter implements AutoCloseable {
    private final Packs known;
    private final PeerBlocks peers;
    private final PackWriter pack;
    private final Optional<BlockBuffers> own;
    private final BlockPipeline pipeline;
    private final List<Section> sections = new ArrayList<>();

    private SectionWriter(
            Packs known, PeerBlocks peers, PackWriter pack, Optional<BlockBuffers> kept, WriteOptions options) {
        this.known = known;
        this.peers = peers;
        this.pack = pack;
        this.own = kept.isPresent() ? Optional.empty() : Optional.of(new BlockBuffers());
        this.pipeline = new BlockPipeline(known, peers, pack, kept.or(() -> own).orElseThrow(), options);
    }

    /**
     * Creates a writer of some of an image's sections.
     *
     * @param imageFolder {@link ImageWriter#folder}
     * @param name of what is written, unlike that of other writers of the image: letters, digits, {@code - _ .}
     */
    public static SectionWriter create(Path imageFolder, String name, WriteOptions options) throws IOException {
        return create(imageFolder, name, options, Disk.REAL);
    }

    /** Creates one with buffers that are kept for later ones, and stay the caller's to close after it. */
    public static SectionWriter create(Path imageFolder, String name, WriteOptions options, BlockBuffers kept)
            throws IOException {
        return create(imageFolder, name, options, Optional.of(kept), Disk.REAL);
    }

    /** Creates one with {@linkplain WriteOptions#ORDINARY ordinary} options. */
    public static SectionWriter create(Path imageFolder, String name) throws IOException {
        return create(imageFolder, name, WriteOptions.ORDINARY);
    }

    static SectionWriter create(Path imageFolder, String name, WriteOptions options, Disk disk) throws IOException {
        return create(imageFolder, name, options, Optional.empty(), disk);
    }

    private static SectionWriter create(
            Path imageFolder, String name, WriteOptions options, Optional<BlockBuffers> kept, Disk disk)
            throws IOException {
        Names.checkFile(name);
        Path packs = imageFolder.resolveSibling(Packs.FOLDER);
        Packs known = Packs.indices(packs);
        String prefix = ImageWriter.packPrefix(imageFolder);
        PeerBlocks peers = new PeerBlocks(options.peers(), packs, prefix, disk);
        return new SectionWriter(known, peers, new PackWriter(packs, prefix + name, disk), kept, options);
    }

    /** Writes a section that will be read as a whole: every byte is stored, as it is unless that is known already. */
    public void bytes(String name, byte[] contents) throws IOException {
        Names.checkSection(name);
        List<BlockId> blocks = new ArrayList<>();
        for (int at = 0; at < contents.length; at += ImageFormat.BLOCK_BYTES) {
            int from = at;
            int length = Math.min(ImageFormat.BLOCK_BYTES, contents.length - at);
            blocks.add(pipeline.storeRaw(block -> {
                block.bytes().clear().put(contents, from, length);
                return length;
            }));
        }
        sections.add(new Section(name, contents.length, List.of(), blocks));
    }

    /** Writes a section that holds an encoded record. */
    public void record(String name, Record value) throws IOException {
        Encoder out = new Encoder();
        out.putRecord(value);
        bytes(name, out.toByteArray());
    }

    /** Writes a section from a file. */
    public void file(String name, Path source) throws IOException {
        Names.checkSection(name);
        try (FileChannel in = FileChannel.open(source, StandardOpenOption.READ)) {
            long bytes = in.size();
            List<BlockId> blocks = pipeline.store(blocks(bytes), block -> null, (block, into) -> {
                int length = length(bytes, block);
                ByteBuffer part = into.bytes().clear().limit(length);
                while (part.hasRemaining()) {
                    if (in.read(part, (long) block * ImageFormat.BLOCK_BYTES + part.position()) < 0) {
                        throw new EOFException(source + " became shorter while it was read");
                    }
                }
                return into.withoutTrailingZeros(length);
            });
            sections.add(new Section(name, bytes, List.of(), blocks));
        }
    }

    /**
     * Writes the contents of memory.
     *
     * @param ranges ascending, without overlap
     * @param reader is asked by several threads at a time, about in the order of addresses, for at most 2 MiB
     * @throws IllegalArgumentException if the ranges are not so
     */
    public void memory(String name, List<LowerHalf.Range> ranges, ContentsReader reader) throws IOException {
        memory(name, ranges, reader, Earlier.NOTHING);
    }

    /** As above; what is known to be as it was earlier is not read, if the store still has it. */
    public void memory(String name, List<LowerHalf.Range> ranges, ContentsReader reader, Earlier earlier)
            throws IOException {
        Names.checkSection(name);
        MemoryWindows windows = new MemoryWindows(List.copyOf(ranges));
        BlockPipeline.Names unread = earlier.names(windows, known::has);
        List<BlockId> blocks = pipeline.store(blocks(windows.bytes()), unread, (block, into) -> {
            int length = length(windows.bytes(), block);
            List<MemoryWindows.Piece> pieces = windows.pieces(block);
            if (pieces.getFirst().bytes() < length) {
                into.segment().fill((byte) 0);
            }
            for (MemoryWindows.Piece piece : pieces) {
                reader.read(piece.address(), into.segment().asSlice(piece.inBlock(), piece.bytes()));
            }
            return into.withoutTrailingZeros(length);
        });
        sections.add(new Section(name, windows.bytes(), ranges, blocks));
    }

    private static int blocks(long bytes) {
        return Math.toIntExact(Math.ceilDiv(bytes, ImageFormat.BLOCK_BYTES));
    }

    private static int length(long bytes, int block) {
        return (int) Math.min(ImageFormat.BLOCK_BYTES, bytes - (long) block * ImageFormat.BLOCK_BYTES);
    }

    /**
     * Makes everything durable and describes it, to be given to {@link ImageWriter#add}; the last call but {@link
     * #close}.
     */
    public byte[] finish() throws IOException {
        pack.finish();
        peers.finish();
        return new SectionList(sections).encode();
    }

    /** A section that was written. */
    public Section section(String name) {
        return sections.stream()
                .filter(section -> section.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no section " + name + " was written"));
    }

    /** Gives everything up; what was written stays until the image is given up. */
    @Override
    public void close() throws IOException {
        try (known; pack) {
            pipeline.close();
        } finally {
            if (own.isPresent()) {
                own.get().close();
            }
        }
    }

    /** Reads memory. */
    @FunctionalInterface
    public interface ContentsReader {
        /** Fills {@code into} with what lies at {@code address}. */
        void read(long address, MemorySegment into) throws IOException;
    }
}
