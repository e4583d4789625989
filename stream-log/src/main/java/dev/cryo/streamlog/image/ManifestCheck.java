package dev.cryo.streamlog.image;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** Checks that what a manifest says can be true, and that its blocks are there. A writer does before it commits. */
final class ManifestCheck {
    /** Sections that are read into memory as a whole before anything is started. */
    private static final Set<String> WHOLE = Set.of(Section.LOG, Section.DEVICE_STATE);

    private final Path path;
    private final BlockSource blocks;

    private ManifestCheck(Path path, BlockSource blocks) {
        this.path = path;
        this.blocks = blocks;
    }

    static void check(Path folder, Manifest manifest, BlockSource blocks) throws ImageException {
        ManifestCheck check = new ManifestCheck(folder.resolve(Manifest.FILE), blocks);
        if (manifest.number() < 1) {
            throw check.corrupt("an image number from 1", "" + manifest.number());
        }
        JobCheck.check(check.path, manifest.job());
        Set<String> names = new HashSet<>();
        for (Section section : manifest.sections()) {
            if (!names.add(section.name())) {
                throw check.corrupt("sections of different names", "two of name " + quoted(section.name()));
            }
            check.section(section);
        }
    }

    /** Checks that an image is the one of its folder. */
    static void number(Path folder, Manifest manifest, long number) throws ImageException {
        if (manifest.number() != number) {
            throw new CorruptImageException(
                    folder.resolve(Manifest.FILE),
                    ImageException.NO_OFFSET,
                    "image " + number,
                    "image " + manifest.number());
        }
    }

    private void section(Section section) throws ImageException {
        name(path, section.name());
        if (section.bytes() < 0
                || Math.ceilDiv(section.bytes(), ImageFormat.BLOCK_BYTES)
                        != section.blocks().size()) {
            throw corrupt(
                    "a block for each 2 MiB of section " + section.name(),
                    section.blocks().size() + " blocks for " + section.bytes() + " bytes");
        }
        if (WHOLE.contains(section.name()) && section.bytes() > ImageFormat.WHOLE_BYTES) {
            throw tooLong(path, section);
        }
        ranges(section);
        for (int i = 0; i < section.blocks().size(); i++) {
            BlockId id = section.blocks().get(i);
            if (!id.equals(BlockId.ZERO)) {
                block(section, i, blocks.find(id));
            }
        }
    }

    /** Checks a section's name, before other messages tell of it. */
    static void name(Path manifest, String name) throws ImageException {
        if (!Names.isSection(name)) {
            throw new CorruptImageException(
                    manifest, ImageException.NO_OFFSET, Names.SECTION_GRAMMAR, quoted(name));
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

    private void block(Section section, int index, StoredBlock block) throws ImageException {
        int length = section.blockBytes(index);
        int bytes = block.bytes();
        if (bytes != length && (bytes > length || bytes % ImageFormat.PAGE_BYTES != 0)) {
            throw corrupt(
                    "whole pages of at most " + length + " bytes for block " + index + " of section "
                            + section.name(),
                    bytes + " bytes in " + block.path());
        }
    }

    /** Blocks may stand for one another, so that a few bytes of a manifest can ask for any length. */
    static CorruptImageException tooLong(Path manifest, Section section) {
        return new CorruptImageException(
                manifest,
                ImageException.NO_OFFSET,
                "at most " + ImageFormat.WHOLE_BYTES + " bytes of section " + section.name()
                        + ", which is read as a whole",
                section.bytes() + " bytes");
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

    static String quoted(String name) {
        String shown = name.length() > 80 ? name.substring(0, 80) + "..." : name;
        return '"' + shown.replaceAll("\\p{Cc}", "?") + '"';
    }
}
