package dev.cryo.streamlog.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the names in a store's folder mean: an image is a folder named by its number, which has an ending while it is
 * written or removed, and {@code packs} has the blocks of all. Nothing is remembered: each question is one to the disk.
 *
 * @param path the folder, which need not exist
 */
record StoreFolder(Path path, Disk disk) {
    private static final Pattern IMAGE = Pattern.compile("([1-9][0-9]{0,17})(\\.partial|\\.removed)?");

    /** The numbers of the committed images, ascending. */
    List<Long> numbers() throws IOException {
        return named().stream()
                .filter(name -> name.group(2) == null)
                .map(name -> Long.valueOf(name.group(1)))
                .sorted()
                .toList();
    }

    /** The greatest number of any image, be it unfinished; 0 where there is none. */
    long lastNumber() throws IOException {
        return named().stream()
                .mapToLong(name -> Long.parseLong(name.group(1)))
                .max()
                .orElse(0);
    }

    /** What is being written or removed, or was when its process ended. */
    List<Path> unfinished() throws IOException {
        return named().stream()
                .filter(name -> name.group(2) != null)
                .map(name -> path.resolve(name.group()))
                .toList();
    }

    private List<Matcher> named() throws IOException {
        if (!Files.isDirectory(path)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(path)) {
            return entries.filter(entry -> Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS))
                    .map(entry -> IMAGE.matcher(entry.getFileName().toString()))
                    .filter(Matcher::matches)
                    .toList();
        }
    }

    /** The folder of an image, which need not exist. */
    Path image(long number) {
        return path.resolve(Long.toString(number));
    }

    /** The same of one that must. */
    Path existing(long number) throws IOException {
        Path image = image(number);
        if (!Files.isDirectory(image, LinkOption.NOFOLLOW_LINKS)) {
            throw new NoSuchFileException(image.toString(), null, "no image " + number + "; there are " + numbers());
        }
        return image;
    }

    /** Where an image is while it is written. */
    Path partial(long number) {
        return path.resolve(number + ".partial");
    }

    /** Where an image is while it is removed. */
    Path removed(long number) {
        return path.resolve(number + ".removed");
    }

    /** Where the packs are. */
    Path packs() {
        return path.resolve(Packs.FOLDER);
    }

    /** Makes the folder where it is missing, but not those above it. */
    void create() throws IOException {
        create(path);
    }

    /** Makes the folder of packs where it is missing. */
    void createPacks() throws IOException {
        Packs.requireFolder(packs());
        create(packs());
    }

    private void create(Path missing) throws IOException {
        if (!Files.isDirectory(missing)) {
            disk.createFolder(missing);
            disk.forceParent(missing);
        }
    }
}
