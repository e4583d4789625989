package dev.cryo.proxy.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where the memory of an image's processes lies in its files {@code pages-N.img}, and what of it CRIU leaves to whom
 * serves its page faults when it restores with {@code --lazy-pages}: private anonymous memory, by a flag that the dump
 * sets.
 *
 * <p>Files {@code pagemap-PID.img} and {@code pagemap-shmem-ID.img} begin with a message {@code pagemap_head}, whose
 * field 1 is the N. The others are runs of pages, {@code pagemap_entry}, one behind the other in the file of pages
 * (CRIU's images/pagemap.proto):
 *
 * <pre>
 *     1 vaddr   2 or 5 nr_pages   4 flags: 2 lazy, 4 present
 * </pre>
 *
 * @param processes for each process, by the id that it knows itself by, the runs of memory that are left out
 * @param others for each file of pages which of its blocks hold anything else
 */
record PagesImage(Map<Integer, List<Run>> processes, Map<String, BitSet> others) {
    private static final Pattern MAP = Pattern.compile("pagemap-(shmem-)?([0-9]{1,10})\\.img");
    private static final int LAZY = 2;
    private static final int PRESENT = 4;

    /**
     * Some pages of a process that follow each other, in memory and in a file.
     *
     * @param offset in the file, in bytes
     */
    record Run(long address, long bytes, String file, long offset) {
        long end() {
            return address + bytes;
        }

        /** The part from one address to another, which lie within. */
        Run part(long from, long to) {
            return new Run(from, to - from, file, offset + from - address);
        }

        Run at(long newAddress) {
            return new Run(newAddress, bytes, file, offset);
        }
    }

    /**
     * Reads the maps of an image, which is not yet restored; the files of pages need not be there.
     *
     * @param blockBytes how large blocks are
     */
    static PagesImage read(Path folder, int blockBytes) throws IOException {
        PagesImage image = new PagesImage(new HashMap<>(), new HashMap<>());
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                Matcher name = MAP.matcher(file.getFileName().toString());
                if (name.matches()) {
                    List<Run> lazy = image.addChecked(file, blockBytes);
                    if (name.group(1) == null) {
                        image.processes.put(Math.toIntExact(Long.parseLong(name.group(2))), lazy);
                    } else if (!lazy.isEmpty()) {
                        throw new IOException(file + " has lazy pages of shared memory, which is not known");
                    }
                }
            }
        }
        return image;
    }

    private List<Run> addChecked(Path file, int blockBytes) throws IOException {
        try {
            return add(file, blockBytes);
        } catch (ArithmeticException e) {
            throw new IOException(file + " has more memory than there can be", e);
        }
    }

    private List<Run> add(Path file, int blockBytes) throws IOException {
        List<ByteBuffer> messages = CriuMessage.all(file);
        if (messages.isEmpty()) {
            throw new IOException(file + " has no head");
        }
        String pages = fileOf(CriuMessage.of(messages.getFirst()));
        BitSet needed = others.computeIfAbsent(pages, any -> new BitSet());
        List<Run> lazy = new ArrayList<>();
        long offset = 0;
        for (ByteBuffer message : messages.subList(1, messages.size())) {
            CriuMessage entry = CriuMessage.of(message);
            long flags = flagsOf(entry);
            long bytes = bytesOf(entry);
            if (!isPresent(entry) || bytes <= 0) {
                throw new IOException(file + " has an entry of flags " + flags + " and " + bytes
                        + " bytes, which is not known");
            }
            if ((flags & LAZY) != 0) {
                lazy.add(new Run(entry.number(1, 0), bytes, pages, offset));
            } else {
                int first = Math.toIntExact(offset / blockBytes);
                needed.set(first, Math.toIntExact((offset + bytes - 1) / blockBytes) + 1);
            }
            offset = Math.addExact(offset, bytes);
        }
        return lazy;
    }

    /** The file of pages that a map is about, by its head. */
    static String fileOf(CriuMessage head) {
        return "pages-" + head.number(1, 0) + ".img";
    }

    private static long flagsOf(CriuMessage entry) {
        return entry.number(4, PRESENT);
    }

    /** Whether the image has the pages of an entry. */
    static boolean isPresent(CriuMessage entry) {
        return (flagsOf(entry) & PRESENT) != 0;
    }

    /**
     * How long the pages of an entry are.
     *
     * @throws ArithmeticException if that is longer than can be
     */
    static long bytesOf(CriuMessage entry) {
        return Math.multiplyExact(entry.number(5, entry.number(2, 0)), AbsentPages.PAGE_BYTES);
    }
}
