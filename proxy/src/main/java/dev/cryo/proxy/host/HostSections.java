package dev.cryo.proxy.host;

import dev.cryo.streamlog.image.CorruptImageException;
import dev.cryo.streamlog.image.ImageException;
import dev.cryo.streamlog.image.ImageReader;
import dev.cryo.streamlog.image.Section;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * What an image must have of the files of a dump before CRIU is asked to restore them: without one it begins all the
 * same, and fails in the midst of it.
 */
public final class HostSections {
    private static final String INVENTORY = "inventory.img";
    private static final String TREE = "pstree.img";

    // CRIU's images/pstree.proto.
    private static final int PROCESS = 1;
    private static final int THREADS = 5;

    private final ImageReader image;

    private HostSections(ImageReader image) {
        this.image = image;
    }

    /**
     * Makes sure that they are there: the description, the inventory, the tree of processes, a file for each of their
     * threads, and the pages that the maps of pages tell of. Not much is read for that.
     *
     * @throws ImageException if not, naming the section
     */
    public static void require(ImageReader image) throws IOException {
        HostSections sections = new HostSections(image);
        sections.requireDescription();
        Section unused = image.section(Section.HOST + INVENTORY);
        sections.requireThreads();
        for (Section section : image.manifest().sections()) {
            if (isHost(section, MappedPages::isMap)) {
                sections.requirePages(section.name());
            }
        }
    }

    private static boolean isHost(Section section, Predicate<String> file) {
        return section.name().startsWith(Section.HOST)
                && file.test(section.name().substring(Section.HOST.length()));
    }

    private void requireDescription() throws IOException {
        String name = Section.HOST + HostImage.NAME;
        byte[] contents = image.contents(name);
        try {
            HostImage.Description unused = HostImage.parse(contents);
        } catch (IOException e) {
            throw image.malformed(name, "a description of processes", e);
        }
    }

    private void requireThreads() throws IOException {
        String name = Section.HOST + TREE;
        byte[] contents = image.contents(name);
        Set<Long> threads = new TreeSet<>();
        try {
            CriuMessage.each(name, contents, message -> addThreads(message, threads));
        } catch (IOException e) {
            throw image.malformed(name, "a tree of processes", e);
        }
        if (threads.isEmpty()) {
            throw image.malformed(name, "a tree of processes", new IOException("none"));
        }
        for (long thread : threads) {
            Section unused = image.section(Section.HOST + SavedThread.file(thread));
        }
    }

    private static void addThreads(ByteBuffer message, Set<Long> to) throws IOException {
        for (CriuMessage.Field field : CriuMessage.of(message).fields()) {
            if (field.number() == PROCESS || field.number() == THREADS) {
                to.add(field.value());
            }
        }
    }

    private void requirePages(String map) throws IOException {
        byte[] contents = image.contents(map);
        MappedPages pages;
        try {
            pages = MappedPages.of(map, contents);
        } catch (IOException e) {
            throw image.malformed(map, "a map of pages", e);
        }
        if (pages.bytes() > 0) {
            Section section = image.section(Section.HOST + pages.file());
            if (section.bytes() < pages.bytes()) {
                throw tooShort(section, map, pages.bytes());
            }
        }
    }

    private CorruptImageException tooShort(Section section, String map, long bytes) {
        return image.damaged(
                bytes + " bytes of section " + section.name() + ", of which section " + map + " tells",
                section.bytes() + " bytes");
    }
}
