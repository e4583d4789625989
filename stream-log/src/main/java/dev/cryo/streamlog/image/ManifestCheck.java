package dev.cryo.streamlog.image;

import dev.cryo.streamlog.image.Section.Block;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Checks that what a manifest says can be true, and is true of the lengths of the files beside it. A writer checks the
 * same before it commits.
 */
final class ManifestCheck {
    private final Path folder;
    private final Path path;
    private final Map<String, List<Block>> stored = new TreeMap<>();

    private ManifestCheck(Path folder) {
        this.folder = folder;
        this.path = folder.resolve(Manifest.FILE);
    }

    static void check(Path folder, Manifest manifest) throws IOException {
        ManifestCheck check = new ManifestCheck(folder);
        if (manifest.number() < 1) {
            throw check.corrupt("an image number from 1", "" + manifest.number());
        }
        Set<String> names = new HashSet<>();
        for (Section section : manifest.sections()) {
            if (!names.add(section.name())) {
                throw check.corrupt("sections of different names", "two of name " + section.name());
            }
            check.section(section);
        }
        for (Map.Entry<String, List<Block>> file : check.stored.entrySet()) {
            check.file(file.getKey(), file.getValue());
        }
    }

    private void section(Section section) throws ImageException {
        if (!Names.isSection(section.name())) {
            throw corrupt("a relative section name", quoted(section.name()));
        }
        if (!Names.isFile(section.file())) {
            throw corrupt("a plain file name for section " + section.name(), quoted(section.file()));
        }
        if (section.bytes() < 0
                || Math.ceilDiv(section.bytes(), ImageFormat.BLOCK_BYTES)
                        != section.blocks().size()) {
            throw corrupt(
                    "a block for each 2 MiB of section " + section.name(),
                    section.blocks().size() + " blocks for " + section.bytes() + " bytes");
        }
        ranges(section);
        List<Block> inFile = stored.computeIfAbsent(section.file(), file -> new ArrayList<>());
        for (int i = 0; i < section.blocks().size(); i++) {
            Block block = section.blocks().get(i);
            block(section, i, block);
            if (block.storedBytes() > 0) {
                inFile.add(block);
            }
        }
    }

    private void ranges(Section section) throws ImageException {
        if (section.ranges().isEmpty()) {
            return;
        }
        try {
            long bytes = new MemoryWindows(section.ranges()).bytes();
            if (bytes != section.bytes()) {
                throw corrupt(
                        "a section of " + bytes + " bytes for the ranges of " + section.name(),
                        section.bytes() + " bytes");
            }
        } catch (IllegalArgumentException e) {
            throw corrupt("ascending ranges without overlap in section " + section.name(), "" + e.getMessage());
        }
    }

    private void block(Section section, int index, Block block) throws ImageException {
        int length = section.blockBytes(index);
        int bytes = block.storedBytes();
        boolean whole = bytes == length || bytes > 0 && bytes < length && bytes % ImageFormat.PAGE_BYTES == 0;
        if (!whole && !block.equals(Block.ZERO)) {
            throw corrupt(
                    "whole pages of at most " + length + " bytes stored for block " + index + " of section "
                            + section.name(),
                    "" + block);
        }
    }

    private void file(String name, List<Block> blocks) throws IOException {
        long end = 0;
        blocks.sort(Comparator.comparingLong(Block::storedAt));
        for (Block block : blocks) {
            if (block.storedAt() != end) {
                throw corrupt("a block stored at " + end + " of " + name, "one at " + block.storedAt());
            }
            end += block.storedBytes();
        }
        Path file = folder.resolve(name);
        BasicFileAttributes attributes;
        try {
            attributes = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            throw missing(file, end + " bytes", "no file", e);
        }
        if (!attributes.isRegularFile()) {
            String actual = attributes.isSymbolicLink() ? "a link" : "another kind of file";
            throw new CorruptImageException(file, ImageException.NO_OFFSET, "a regular file", actual);
        }
        if (attributes.size() != end) {
            throw new CorruptImageException(
                    file, Math.min(end, attributes.size()), end + " bytes", attributes.size() + " bytes");
        }
    }

    static CorruptImageException missing(Path file, String expected, String actual, Throwable cause) {
        CorruptImageException corrupt =
                new CorruptImageException(file, ImageException.NO_OFFSET, expected, actual);
        corrupt.initCause(cause);
        return corrupt;
    }

    private CorruptImageException corrupt(String expected, String actual) {
        return new CorruptImageException(path, ImageException.NO_OFFSET, expected, actual);
    }

    private static String quoted(String name) {
        String shown = name.length() > 80 ? name.substring(0, 80) + "..." : name;
        return '"' + shown.replaceAll("\\p{Cntrl}", "?") + '"';
    }
}
