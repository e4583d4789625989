package dev.cryo.streamlog.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Lists the images of a store, in a time that grows with their number and not with its square. */
final class ImageList {
    /** A pack that came with an image; those of other jobs took no room. */
    private static final Pattern ADDED =
            Pattern.compile("([1-9][0-9]{0,17})-(?!" + PeerPack.LINKED + ").*");

    private final ImageKeys keys;
    private final Map<Long, Long> packBytes;
    private final Packs packs;

    private ImageList(ImageKeys keys, Map<Long, Long> packBytes, Packs packs) {
        this.keys = keys;
        this.packBytes = packBytes;
        this.packs = packs;
    }

    static List<ListedImage> of(StoreFolder store, ImageKeys keys) throws IOException {
        // In this order: the packs of an image that is there are there.
        List<Long> numbers = store.numbers();
        try (Packs packs = Packs.indices(store.packs())) {
            ImageList list = new ImageList(keys, addedPackBytes(store.packs(), any -> true), packs);
            List<ListedImage> images = new ArrayList<>();
            for (long number : numbers) {
                try {
                    images.add(list.image(store.existing(number), number));
                } catch (NoSuchFileException e) {
                    continue; // Removed meanwhile.
                }
            }
            return images;
        }
    }

    private ListedImage image(Path folder, long number) throws IOException {
        long added = folderBytes(folder) + packBytes.getOrDefault(number, 0L);
        try {
            return new ListedImage(number, added, Optional.of(whole(folder, number)), "");
        } catch (ImageException e) {
            return new ListedImage(number, added, Optional.empty(), "" + e.getMessage());
        }
    }

    private ListedImage.Whole whole(Path folder, long number) throws IOException {
        ManifestFile file = ManifestFile.read(folder, keys);
        if (file.one().isPresent()) {
            try (BlockSource own = file.blocks(folder)) {
                return whole(folder, number, file.manifest(), own);
            }
        }
        return whole(folder, number, file.manifest(), packs);
    }

    private static ListedImage.Whole whole(Path folder, long number, Manifest manifest, BlockSource blocks)
            throws IOException {
        ManifestCheck.check(folder, manifest, blocks);
        ManifestCheck.number(folder, manifest, number);
        return new ListedImage.Whole(manifest, neededBytes(folder, manifest, blocks));
    }

    /** The bytes that an image needs on disk, be it together with others. */
    static long neededBytes(Path folder, Manifest manifest, BlockSource blocks) throws IOException {
        long bytes = Files.size(folder.resolve(Manifest.FILE));
        Set<BlockId> seen = new HashSet<>(Set.of(BlockId.ZERO));
        for (Section section : manifest.sections()) {
            for (BlockId id : section.blocks()) {
                if (seen.add(id)) {
                    bytes += blocks.find(id).checked();
                }
            }
        }
        return bytes;
    }

    /** The bytes of an image's own folder. */
    static long folderBytes(Path folder) throws IOException {
        long bytes = 0;
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                bytes += size(file);
            }
        }
        return bytes;
    }

    /** The bytes of the packs that came with an image: looks at those alone. */
    static long addedPackBytes(Path packs, long number) throws IOException {
        return addedPackBytes(packs, other -> other == number).getOrDefault(number, 0L);
    }

    private static Map<Long, Long> addedPackBytes(Path packs, LongPredicate wanted) throws IOException {
        Map<Long, Long> bytes = new HashMap<>();
        for (Path pack : Packs.paths(packs)) {
            Matcher name = ADDED.matcher(pack.getFileName().toString());
            if (name.matches() && wanted.test(Long.parseLong(name.group(1)))) {
                bytes.merge(Long.valueOf(name.group(1)), size(pack), Long::sum);
            }
        }
        return bytes;
    }

    /** Of a file; of a link, which may lead nowhere, that of its own. */
    private static long size(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .size();
    }
}
