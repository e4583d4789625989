package dev.cryo.streamlog.image;

import dev.cryo.streamlog.call.LowerHalf;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/**
 * An image of format version 1, whose folder has files of its own for its blocks, as an image of today. A block's id is
 * its place: which file, counted from 1, and where in it.
 */
final class VersionOne implements BlockSource {
    private final Path folder;
    private final OneManifest manifest;
    private final List<String> files;
    private final Map<BlockId, StoredBlock> blocks = new HashMap<>();
    private final List<FileChannel> channels = new ArrayList<>();

    private VersionOne(Path folder, OneManifest manifest) {
        this.folder = folder;
        this.manifest = manifest;
        this.files = files(manifest);
    }

    /** A manifest as version 1 encodes it. */
    public record OneManifest(JobInfo job, long number, long createdMillis, List<OneSection> sections) {}

    /** A section as version 1 encodes it. */
    public record OneSection(
            String name, String file, long bytes, List<LowerHalf.Range> ranges, List<OneBlock> blocks) {
        int blockBytes(int block) {
            return (int) Math.min(ImageFormat.BLOCK_BYTES, bytes - (long) block * ImageFormat.BLOCK_BYTES);
        }
    }

    /** A block as version 1 encodes it: all zero for a block of zeros. */
    public record OneBlock(long storedAt, int storedBytes, int crc32c) {
        static final OneBlock ZERO = new OneBlock(0, 0, 0);
    }

    /** Checks what a manifest says of its files, and opens them. */
    static VersionOne open(Path folder, OneManifest manifest) throws IOException {
        VersionOne image = new VersionOne(folder, manifest);
        try {
            image.check();
            return image;
        } catch (IOException | RuntimeException e) {
            image.close();
            throw e;
        }
    }

    /** The names of the files that belong to the image, beside its manifest. */
    Set<String> files() {
        return Set.copyOf(files);
    }

    /** The manifest as it would be today. */
    static Manifest today(OneManifest manifest) {
        Map<String, Integer> numbers = new HashMap<>();
        for (String file : files(manifest)) {
            numbers.put(file, numbers.size() + 1);
        }
        return new Manifest(
                manifest.job(),
                manifest.number(),
                manifest.createdMillis(),
                manifest.sections().stream()
                        .map(section -> today(section, Objects.requireNonNull(numbers.get(section.file()))))
                        .toList());
    }

    private static Section today(OneSection section, int file) {
        return new Section(
                section.name(),
                section.bytes(),
                section.ranges(),
                section.blocks().stream().map(block -> id(file, block)).toList());
    }

    /** Of a file, counted from 1. */
    private static BlockId id(int file, OneBlock block) {
        return block.storedBytes() == 0 ? BlockId.ZERO : new BlockId(file, block.storedAt());
    }

    private static List<String> files(OneManifest manifest) {
        return manifest.sections().stream().map(OneSection::file).distinct().sorted().toList();
    }

    private void check() throws IOException {
        Map<String, List<OneBlock>> stored = new TreeMap<>();
        for (OneSection section : manifest.sections()) {
            ManifestCheck.name(folder.resolve(Manifest.FILE), section.name());
            if (!Names.isFile(section.file())) {
                throw corrupt("a plain file name for section " + section.name(), ManifestCheck.quoted(section.file()));
            }
            List<OneBlock> inFile = stored.computeIfAbsent(section.file(), file -> new ArrayList<>());
            for (int i = 0; i < section.blocks().size(); i++) {
                OneBlock block = section.blocks().get(i);
                check(section, i, block);
                if (block.storedBytes() > 0) {
                    inFile.add(block);
                }
            }
        }
        for (int i = 0; i < files.size(); i++) {
            open(i, Objects.requireNonNull(stored.get(files.get(i))));
        }
    }

    private void check(OneSection section, int index, OneBlock block) throws ImageException {
        int length = section.blockBytes(index);
        int bytes = block.storedBytes();
        boolean whole = bytes == length || bytes > 0 && bytes < length && bytes % ImageFormat.PAGE_BYTES == 0;
        if (!whole && !block.equals(OneBlock.ZERO)) {
            throw corrupt(
                    "whole pages of at most " + length + " bytes stored for block " + index + " of section "
                            + section.name(),
                    "" + block);
        }
    }

    private void open(int file, List<OneBlock> inFile) throws IOException {
        String name = files.get(file);
        Path path = folder.resolve(name);
        long end = 0;
        inFile.sort(Comparator.comparingLong(OneBlock::storedAt));
        for (OneBlock block : inFile) {
            if (block.storedAt() != end) {
                throw corrupt("a block stored at " + end + " of " + name, "one at " + block.storedAt());
            }
            end += block.storedBytes();
        }
        checkFile(path, end);
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        channels.add(channel);
        for (OneBlock block : inFile) {
            int bytes = block.storedBytes();
            blocks.put(
                    id(file + 1, block),
                    new StoredBlock(
                            BlockId.ZERO,
                            path,
                            channel,
                            block.storedAt(),
                            bytes,
                            bytes,
                            bytes,
                            Codec.RAW,
                            block.crc32c()));
        }
    }

    private static void checkFile(Path file, long bytes) throws IOException {
        BasicFileAttributes attributes;
        try {
            attributes = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            throw ManifestCheck.missing(file, bytes + " bytes", "no file", e);
        }
        if (!attributes.isRegularFile()) {
            String actual = attributes.isSymbolicLink() ? "a link" : "another kind of file";
            throw new CorruptImageException(file, ImageException.NO_OFFSET, "a regular file", actual);
        }
        if (attributes.size() != bytes) {
            throw new CorruptImageException(
                    file, Math.min(bytes, attributes.size()), bytes + " bytes", attributes.size() + " bytes");
        }
    }

    private CorruptImageException corrupt(String expected, String actual) {
        return new CorruptImageException(folder.resolve(Manifest.FILE), ImageException.NO_OFFSET, expected, actual);
    }

    @Override
    public StoredBlock find(BlockId id) throws ImageException {
        StoredBlock block = blocks.get(id);
        if (block == null) {
            throw corrupt("a block stored at " + id.low(), "none");
        }
        return block;
    }

    @Override
    public void close() throws IOException {
        for (FileChannel channel : channels) {
            channel.close();
        }
    }
}
