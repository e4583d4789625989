package dev.cryo.streamlog.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.UUID;

/**
 * A committed image as it is carried to another store: its manifest, byte for byte, and the packs that hold its blocks.
 * Taken in there by an {@link ImageReceiver}.
 *
 * @param id of the image
 */
public record CarriedImage(long number, UUID id, byte[] manifest, List<CarriedPack> packs) {
    /** Where a manifest of any version tells its image's id: two numbers, little-endian. */
    private static final int ID_OFFSET = 16;

    /** With a copy of the list. */
    public CarriedImage {
        packs = List.copyOf(packs);
    }

    /** The id that a manifest tells, which is not checked here. */
    public static UUID idOf(byte[] manifest) throws IOException {
        if (manifest.length < ImageFormat.HEADER_BYTES) {
            throw new IOException("a manifest has more than " + manifest.length + " bytes");
        }
        ByteBuffer id = PackFormat.buffer(2 * Long.BYTES).put(manifest, ID_OFFSET, 2 * Long.BYTES).flip();
        return new UUID(id.getLong(), id.getLong());
    }

    static CarriedImage of(ImageReader image) throws IOException {
        if (image.formatVersion() == 1) {
            throw new ImageTooOldException(
                    image.folder(),
                    ImageException.NO_OFFSET,
                    "format version 2 at least, whose blocks are in packs that can be carried",
                    "" + image.formatVersion());
        }
        TreeSet<Path> files = new TreeSet<>();
        for (Section section : image.manifest().sections()) {
            for (int i = 0; i < section.blocks().size(); i++) {
                image.stored(section, i).ifPresent(block -> files.add(block.path()));
            }
        }
        List<CarriedPack> packs = new ArrayList<>();
        for (Path file : files) {
            packs.add(CarriedPack.of(file));
        }
        byte[] manifest = Files.readAllBytes(image.folder().resolve(Manifest.FILE));
        return new CarriedImage(image.manifest().number(), image.id(), manifest, packs);
    }
}
