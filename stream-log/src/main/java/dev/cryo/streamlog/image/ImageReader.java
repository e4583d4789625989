package dev.cryo.streamlog.image;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.codec.Decoder;
import dev.cryo.streamlog.codec.MalformedDataException;
import dev.cryo.streamlog.log.LogCodec;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.Predicate;

/**
 * A committed image, opened for reading. Opening checks the manifest and that all files have their lengths; every read
 * checks the blocks it touches; {@link #verifyAll} checks everything. The files stay open: who removes the image or
 * gives back the room of its blocks does no harm to its readers. Thread-safe until it is closed.
 */
public final class ImageReader implements AutoCloseable {
    /** How many sections a message names. */
    private static final int MOST_NAMED = 20;

    private final Path folder;
    private final ManifestFile file;
    private final BlockSource blocks;
    private final Optional<StoreLock> lock;
    private final Map<String, Section> sections = new TreeMap<>();
    /** The readers of the same files that are not closed, this one among them. */
    private final AtomicInteger users;

    private final AtomicBoolean closed = new AtomicBoolean();

    private ImageReader(
            Path folder, ManifestFile file, BlockSource blocks, Optional<StoreLock> lock, AtomicInteger users) {
        this.folder = folder;
        this.file = file;
        this.blocks = blocks;
        this.lock = lock;
        this.users = users;
        file.manifest().sections().forEach(section -> sections.put(section.name(), section));
    }

    /**
     * Opens the image in a folder.
     *
     * @throws ImageException if it is damaged, or of a format that is not read
     * @throws IOException if the operating system fails to read it
     */
    public static ImageReader open(Path folder) throws IOException {
        return open(folder, ImageKeys.NONE);
    }

    /**
     * Opens the image in a folder, which may be encrypted.
     *
     * @throws ImageException if it is damaged, of a format that is not read, or encrypted with another key
     * @throws IOException if the operating system fails to read it, or the key cannot be had
     */
    public static ImageReader open(Path folder, ImageKeys keys) throws IOException {
        return open(folder, keys, Optional.empty());
    }

    /** The same, with a lock that is given up when the reader is closed. */
    static ImageReader open(Path folder, ImageKeys keys, Optional<StoreLock> lock) throws IOException {
        ManifestFile file = ManifestFile.read(folder, keys);
        BlockSource blocks = file.blocks(folder);
        try {
            ManifestCheck.check(folder, file.manifest(), blocks);
            return new ImageReader(folder, file, blocks, lock, new AtomicInteger(1));
        } catch (IOException | RuntimeException e) {
            blocks.close();
            throw e;
        }
    }

    /**
     * Another reader of the same open files, which holds no lock: nothing is read or checked again. Each is closed by
     * itself.
     */
    public ImageReader share() {
        if (closed.get()) {
            throw new IllegalStateException("the reader of " + folder + " is closed");
        }
        users.incrementAndGet();
        return new ImageReader(folder, file, blocks, Optional.empty(), users);
    }

    /** Whether a folder has a manifest that can be read, with the keys that can be had. */
    static boolean isReadable(Path folder, ImageKeys keys) throws IOException {
        try {
            ManifestFile.read(folder, keys);
            return true;
        } catch (ImageException | KeyUnavailableException e) {
            return false;
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

    /** The version of the image's format. */
    public int formatVersion() {
        return file.version();
    }

    /** What the image is encrypted with, if it is. */
    public Optional<ImageKey> key() {
        return file.key();
    }

    /** The image's folder. */
    public Path folder() {
        return folder;
    }

    /** Where its blocks are. */
    BlockSource blocks() {
        return blocks;
    }

    /** The names of the files that belong in the image's folder. */
    Set<String> files() {
        Set<String> files = new HashSet<>(Set.of(Manifest.FILE));
        if (blocks instanceof VersionOne one) {
            files.addAll(one.files());
        }
        return files;
    }

    /** Whether blocks are named by what is in them. */
    private boolean isNamedByContents() {
        return !(blocks instanceof VersionOne);
    }

    /** The bytes that are stored for a section's blocks, be it for others too. */
    public long storedBytes(Section section) throws ImageException {
        long bytes = 0;
        for (int i = 0; i < section.blocks().size(); i++) {
            bytes += stored(section, i).map(StoredBlock::checked).orElse(0);
        }
        return bytes;
    }

    /** Where a block is stored; empty if it is of zeros alone. */
    Optional<StoredBlock> stored(Section section, int block) throws ImageException {
        BlockId id = section.blocks().get(block);
        return id.equals(BlockId.ZERO) ? Optional.empty() : Optional.of(blocks.find(id));
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
            throw damaged(
                    "section " + name,
                    sections.size() <= MOST_NAMED ? "" + sections.keySet() : sections.size() + " others");
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
     * Makes sure that what the lower half is built anew from can be decoded, where the image has it: the stream log and
     * the state of the device. The bytes that are read for it are checked as every read checks them.
     *
     * @throws ImageException if it cannot
     */
    public void requireDecodable() throws IOException {
        if (sections.containsKey(Section.LOG)) {
            List<Call> unused = log();
        }
        if (sections.containsKey(Section.DEVICE_STATE)) {
            LowerHalf.DeviceState unused = record(Section.DEVICE_STATE, LowerHalf.DeviceState.class);
        }
    }

    /**
     * Reads a section that was written by {@link SectionWriter#bytes}, of at most 256 MiB. Others are refused: their
     * zeros need no place in the image but would need it here.
     */
    public byte[] bytes(String name) throws IOException {
        Section section = shortSection(name);
        long whole = 0;
        for (int i = 0; i < section.blocks().size(); i++) {
            whole += stored(section, i).map(StoredBlock::bytes).orElse(0);
        }
        if (whole != section.bytes()) {
            throw damaged(
                    "section " + name + " stored whole", whole + " of " + section.bytes() + " bytes stored so");
        }
        return contents(name);
    }

    /** Reads a section of at most 256 MiB, in whatever form its blocks are stored; others are refused. */
    public byte[] contents(String name) throws IOException {
        byte[] bytes = new byte[(int) shortSection(name).bytes()];
        readInto(name, 0, MemorySegment.ofArray(bytes));
        return bytes;
    }

    private Section shortSection(String name) throws ImageException {
        Section section = section(name);
        if (section.bytes() > ImageFormat.WHOLE_BYTES) {
            throw ManifestCheck.tooLong(folder.resolve(Manifest.FILE), section);
        }
        return section;
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

    /**
     * Writes some blocks of a section to a new file of its length, readable by its owner only, with a hole for all
     * else. What is written is checked as {@link #verifyAll} would.
     *
     * @throws IOException if there is such a file
     */
    public void copyTo(String name, Path target, IntPredicate blocks) throws IOException {
        Section section = section(name);
        try (Arena arena = Arena.ofConfined();
                FileChannel channel = Disk.REAL.createFile(target)) {
            BlockBuffer buffer = new BlockBuffer(arena);
            int last = section.blocks().size() - 1;
            for (int i = 0; i <= last; i++) {
                if (blocks.test(i)) {
                    int unused = loadNamed(section, i, buffer);
                    channel.position((long) i * ImageFormat.BLOCK_BYTES);
                    Disk.REAL.write(target, channel, buffer.bytes().clear().limit(section.blockBytes(i)));
                } else if (i == last) {
                    channel.position(section.bytes() - 1);
                    Disk.REAL.write(target, channel, ByteBuffer.allocate(1));
                }
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
        verify(List.copyOf(sections.values()), progress);
    }

    /**
     * Checks every byte of some sections.
     *
     * @throws ImageException as {@link #verifyAll} does
     */
    public void verify(Predicate<Section> chosen, Progress progress) throws IOException {
        verify(sections.values().stream().filter(chosen).toList(), progress);
    }

    /**
     * Checks every byte of a section, if the image has it.
     *
     * @throws ImageException as {@link #verifyAll} does
     */
    public void verify(String section, Progress progress) throws IOException {
        verify(other -> other.name().equals(section), progress);
    }

    private void verify(List<Section> chosen, Progress progress) throws IOException {
        try (Verifier verifier = new Verifier(this, chosen, section -> Optional.empty(), progress)) {
            verifier.verify();
        }
    }

    /**
     * Checks every byte of some sections, and writes some of these to new files, readable by their owner only, with
     * holes for zeros; not synced.
     *
     * @param files where a section is written to, if anywhere
     * @param progress is told how far it is; what it throws ends it
     * @throws ImageException as {@link #verifyAll} does
     * @throws IOException if there is such a file, or it cannot be written
     */
    public void unpack(Predicate<Section> chosen, Function<Section, Optional<Path>> files, Progress progress)
            throws IOException {
        List<Section> all = sections.values().stream().filter(chosen).toList();
        try (Verifier verifier = new Verifier(this, all, files, progress)) {
            verifier.verify();
        }
    }

    /** Closes all files, unless another reader shares them, and gives up the lock; the second time it does nothing. */
    @Override
    public void close() throws IOException {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try {
            if (users.decrementAndGet() == 0) {
                blocks.close();
            }
        } finally {
            if (lock.isPresent()) {
                lock.get().close();
            }
        }
    }

    /** Loads a block into a buffer, and zeros behind it, and returns how many bytes of it are not those. */
    int load(Section section, int index, BlockBuffer buffer) throws IOException {
        StoredBlock block = stored(section, index).orElse(null);
        if (block == null) {
            buffer.segment().fill((byte) 0);
            return 0;
        }
        buffer.load(block, file.key(), "section " + section.name() + ", block " + index);
        return block.bytes();
    }

    /** As {@link #load}; also what the block's name says of its bytes is checked. */
    int loadNamed(Section section, int index, BlockBuffer buffer) throws IOException {
        int bytes = load(section, index, buffer);
        BlockId id = section.blocks().get(index);
        if (isNamedByContents() && bytes > 0 && !BlockId.of(buffer.segment(), bytes, file.key()).equals(id)) {
            StoredBlock block = blocks.find(id);
            throw new CorruptImageException(
                    block.path(), block.at(), "block " + id, "a block of other contents");
        }
        return bytes;
    }

    /** Tells that what the manifest says is not as it must be. */
    public CorruptImageException damaged(String expected, String actual) {
        return new CorruptImageException(folder.resolve(Manifest.FILE), ImageException.NO_OFFSET, expected, actual);
    }

    /** Tells that what a section of the image holds is not as it must be. */
    public CorruptImageException malformed(String name, String expected, Exception cause) throws ImageException {
        StoredBlock first = section(name).blocks().isEmpty() ? null : stored(section(name), 0).orElse(null);
        CorruptImageException corrupt = new CorruptImageException(
                first == null ? folder.resolve(Manifest.FILE) : first.path(),
                first == null ? ImageException.NO_OFFSET : first.at(),
                expected + " in section " + name,
                "" + cause.getMessage());
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
