package dev.cryo.streamlog.image;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.codec.Decoder;
import dev.cryo.streamlog.codec.MalformedDataException;
import dev.cryo.streamlog.log.LogCodec;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileSystemException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A committed image, opened for reading. Opening checks the manifest and that all files have their lengths; every read
 * checks the blocks it touches; {@link #verifyAll} checks everything. Thread-safe until it is closed.
 */
public final class ImageReader implements AutoCloseable {
    private final Path folder;
    private final ManifestFile file;
    private final Map<String, Section> sections = new TreeMap<>();
    private final Map<String, FileChannel> channels = new TreeMap<>();

    private ImageReader(Path folder, ManifestFile file) {
        this.folder = folder;
        this.file = file;
        file.manifest().sections().forEach(section -> sections.put(section.name(), section));
    }

    /**
     * Opens the image in a folder.
     *
     * @throws ImageException if it is damaged, or of a format that is not read
     * @throws IOException if the operating system fails to read it
     */
    public static ImageReader open(Path folder) throws IOException {
        ImageReader image = new ImageReader(folder, ManifestFile.read(folder));
        try {
            image.openFiles();
            return image;
        } catch (IOException e) {
            image.close();
            throw e;
        }
    }

    private void openFiles() throws IOException {
        for (Section section : sections.values()) {
            if (!channels.containsKey(section.file())) {
                Path path = path(section);
                channels.put(
                        section.file(),
                        FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
            }
        }
    }

    /** What the image holds. */
    public Manifest manifest() {
        return file.manifest();
    }

    /** The image's id, unlike that of any other. */
    public UUID id() {
        return file.id();
    }

    /** The image's folder. */
    public Path folder() {
        return folder;
    }

    /** A section, if the image has it. */
    public Optional<Section> find(String name) {
        return Optional.ofNullable(sections.get(name));
    }

    /**
     * A section that the image must have.
     *
     * @throws CorruptImageException if it has not
     */
    public Section section(String name) throws ImageException {
        Section section = sections.get(name);
        if (section == null) {
            throw new CorruptImageException(
                    folder.resolve(Manifest.FILE), ImageException.NO_OFFSET, "section " + name, "" + sections.keySet());
        }
        return section;
    }

    /** The calls of the stream log. */
    public List<Call> log() throws IOException {
        byte[] encoded = bytes(Section.LOG);
        try {
            return LogCodec.decode(encoded);
        } catch (MalformedDataException e) {
            throw malformed(Section.LOG, "a stream log", e);
        }
    }

    /** Reads a section that was written as a record. */
    public <R extends Record> R record(String name, Class<R> type) throws IOException {
        Decoder in = new Decoder(bytes(name));
        try {
            R value = in.getRecord(type);
            if (in.remaining() == 0) {
                return value;
            }
            throw new MalformedDataException(in.remaining() + " bytes more");
        } catch (MalformedDataException e) {
            throw malformed(name, "a record " + type.getSimpleName(), e);
        }
    }

    /**
     * Reads a section that was written by {@link SectionWriter#bytes}. Others are refused: their zeros need no place in
     * the image but would need it here.
     */
    public byte[] bytes(String name) throws IOException {
        Section section = section(name);
        if (section.bytes() > Integer.MAX_VALUE - 8 || section.storedBytes() != section.bytes()) {
            throw new CorruptImageException(
                    path(section),
                    ImageException.NO_OFFSET,
                    "section " + name + " stored whole, of at most 2 GiB",
                    section.storedBytes() + " of " + section.bytes() + " bytes stored");
        }
        byte[] bytes = new byte[(int) section.bytes()];
        readInto(name, 0, MemorySegment.ofArray(bytes));
        return bytes;
    }

    /** Reads a part of a section: as many bytes as the segment has. */
    public void readInto(String name, long offset, MemorySegment into) throws IOException {
        Section section = section(name);
        Objects.checkFromIndexSize(offset, into.byteSize(), section.bytes());
        try (Arena arena = Arena.ofConfined()) {
            BlockBuffer buffer = new BlockBuffer(arena);
            long done = 0;
            while (done < into.byteSize()) {
                int index = (int) ((offset + done) / ImageFormat.BLOCK_BYTES);
                long inBlock = (offset + done) % ImageFormat.BLOCK_BYTES;
                long count = Math.min(section.blockBytes(index) - inBlock, into.byteSize() - done);
                load(section, index, buffer);
                MemorySegment.copy(buffer.segment(), inBlock, into, done, count);
                done += count;
            }
        }
    }

    /** Writes a section to a stream. */
    public void copyTo(String name, OutputStream out) throws IOException {
        Section section = section(name);
        WritableByteChannel channel = Channels.newChannel(out);
        try (Arena arena = Arena.ofConfined()) {
            BlockBuffer buffer = new BlockBuffer(arena);
            for (int i = 0; i < section.blocks().size(); i++) {
                load(section, i, buffer);
                ByteBuffer bytes = buffer.bytes().clear().limit(section.blockBytes(i));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            }
        }
    }

    /**
     * Writes a section to a new file, readable by its owner only, with holes for zeros; not synced.
     *
     * @throws IOException if there is such a file
     */
    public void copyTo(String name, Path target) throws IOException {
        Section section = section(name);
        try (Arena arena = Arena.ofConfined();
                FileChannel channel = Disk.REAL.createFile(target)) {
            BlockBuffer buffer = new BlockBuffer(arena);
            for (int i = 0; i < section.blocks().size(); i++) {
                int stored = load(section, i, buffer);
                boolean last = i == section.blocks().size() - 1;
                channel.position((long) i * ImageFormat.BLOCK_BYTES);
                Disk.REAL.write(target, channel, buffer.bytes().clear().limit(last ? section.blockBytes(i) : stored));
            }
        }
    }

    /** Gives the contents of a section of memory to a sink: all ranges, in order. */
    public void readMemory(String name, MemorySink sink) throws IOException {
        Section section = section(name);
        MemoryWindows windows = new MemoryWindows(section.ranges());
        try (Arena arena = Arena.ofConfined()) {
            BlockBuffer buffer = new BlockBuffer(arena);
            for (int i = 0; i < section.blocks().size(); i++) {
                int stored = load(section, i, buffer);
                for (MemoryWindows.Piece piece : windows.pieces(i)) {
                    int filled = Math.clamp(stored - piece.inBlock(), 0, piece.bytes());
                    if (filled > 0) {
                        sink.write(piece.address(), buffer.segment().asSlice(piece.inBlock(), filled).asReadOnly());
                    }
                    if (filled < piece.bytes()) {
                        sink.writeZeros(piece.address() + filled, piece.bytes() - filled);
                    }
                }
            }
        }
    }

    /**
     * Checks every byte of the image, on all processors.
     *
     * @param progress is told how far it is
     * @throws ImageException if a byte is not what was written, or a file lies in the folder that does not belong there
     */
    public void verifyAll(Progress progress) throws IOException {
        new Verifier(this, progress).verify();
    }

    /** Closes all files. */
    @Override
    public void close() throws IOException {
        for (FileChannel channel : channels.values()) {
            channel.close();
        }
    }

    Path path(Section section) {
        return folder.resolve(section.file());
    }

    /** Loads a block into a buffer, and zeros behind it, and returns how many bytes of it are stored. */
    private int load(Section section, int index, BlockBuffer buffer) throws IOException {
        int stored = check(section, index, buffer);
        buffer.segment().asSlice(stored).fill((byte) 0);
        return stored;
    }

    /** Loads the stored bytes of a block into a buffer and checks them. */
    int check(Section section, int index, BlockBuffer buffer) throws IOException {
        Section.Block block = section.blocks().get(index);
        ByteBuffer bytes = buffer.bytes().clear().limit(block.storedBytes());
        FileChannel channel = Objects.requireNonNull(channels.get(section.file()));
        while (bytes.hasRemaining()) {
            if (read(section, channel, bytes, block.storedAt() + bytes.position()) < 0) {
                long end = block.storedAt() + bytes.position();
                throw new CorruptImageException(
                        path(section), end, (block.storedAt() + block.storedBytes()) + " bytes", end + " bytes");
            }
        }
        int crc = block.storedBytes() == 0 ? 0 : buffer.crc32c(block.storedBytes());
        if (crc != block.crc32c()) {
            throw new CorruptImageException(
                    path(section),
                    block.storedAt(),
                    "CRC32C " + ImageFormat.hex(block.crc32c()) + " of " + block.storedBytes() + " bytes (section "
                            + section.name() + ", block " + index + ")",
                    ImageFormat.hex(crc));
        }
        return block.storedBytes();
    }

    private int read(Section section, FileChannel channel, ByteBuffer into, long offset) throws IOException {
        try {
            return channel.read(into, offset);
        } catch (IOException e) {
            throw (IOException) new FileSystemException(
                            path(section).toString(), null, "cannot read at offset " + offset + ": " + e.getMessage())
                    .initCause(e);
        }
    }

    private CorruptImageException malformed(String name, String expected, MalformedDataException cause)
            throws ImageException {
        Section section = section(name);
        long start = section.blocks().isEmpty() ? 0 : section.blocks().getFirst().storedAt();
        CorruptImageException corrupt = new CorruptImageException(
                path(section), start, expected + " in section " + name, "" + cause.getMessage());
        corrupt.initCause(cause);
        return corrupt;
    }

    /** Takes the contents of memory. */
    @FunctionalInterface
    public interface MemorySink {
        /** Takes what lies at {@code address}; the segment is the caller's again when this returns. */
        void write(long address, MemorySegment contents) throws IOException;

        /** Takes zeros; by default writes them, at most 2 MiB. */
        default void writeZeros(long address, long bytes) throws IOException {
            write(address, MemorySegment.ofArray(new byte[Math.toIntExact(bytes)]).asReadOnly());
        }
    }

    /** Is told how far a verification is, by one thread at a time. */
    @FunctionalInterface
    public interface Progress {
        /** Tells that so many of so many bytes are checked. */
        void checked(long bytes, long of);
    }
}
