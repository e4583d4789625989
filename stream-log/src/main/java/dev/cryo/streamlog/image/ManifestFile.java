package dev.cryo.streamlog.image;

import dev.cryo.streamlog.codec.Decoder;
import dev.cryo.streamlog.codec.Encoder;
import dev.cryo.streamlog.codec.MalformedDataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import java.util.UUID;

/**
 * A manifest as it lies in its image's folder.
 *
 * @param id of the image
 * @param version of its format
 * @param one the manifest as it stands there, if that is version 1
 * @param key what the image is encrypted with, if it is
 */
record ManifestFile(
        UUID id,
        int version,
        Manifest manifest,
        Optional<VersionOne.OneManifest> one,
        Optional<ImageKey> key) {
    /** The most bytes of a manifest: enough for some 30 TB. */
    static final int MAX_BYTES = 256 << 20;

    /** The most sections of a manifest: a process of ten thousand threads has some ten thousand. */
    static final int MAX_SECTIONS = 65_536;

    /** A manifest of today's format. */
    ManifestFile(UUID id, Manifest manifest, Optional<ImageKey> key) {
        this(
                id,
                key.isPresent() ? ImageFormat.VERSION : ImageFormat.PLAIN_VERSION,
                manifest,
                Optional.empty(),
                key);
    }

    byte[] encode() throws IOException {
        Encoder out = new Encoder();
        out.putRecord(manifest);
        byte[] body = out.toByteArray();
        byte[] file = key.isPresent()
                ? SealedBody.frame(id, body, key.get())
                : ImageFormat.frame(ImageFormat.PLAIN_VERSION, id, body);
        if (file.length > MAX_BYTES) {
            throw new IOException("the manifest has " + file.length + " bytes, more than " + MAX_BYTES);
        }
        return file;
    }

    /** Reads a manifest; what it says is not checked yet. */
    static ManifestFile read(Path folder, ImageKeys keys) throws IOException {
        Path path = folder.resolve(Manifest.FILE);
        return decode(path, contents(path), keys);
    }

    /** Opens what holds the image's blocks. */
    BlockSource blocks(Path folder) throws IOException {
        return one.isPresent()
                ? VersionOne.open(folder, one.get())
                : Packs.open(folder.resolveSibling(Packs.FOLDER), manifest);
    }

    static ManifestFile decode(Path path, byte[] contents, ImageKeys keys) throws IOException {
        ImageFormat.Opened opened = ImageFormat.open(path, contents);
        Optional<ImageKey> key = opened.version() == ImageFormat.VERSION
                ? Optional.of(key(path, opened, keys))
                : Optional.empty();
        Decoder in = new Decoder(key.isPresent() ? SealedBody.open(path, opened, key.get()) : opened.body());
        try {
            ManifestFile file = decode(opened, in, key);
            if (in.remaining() != 0) {
                throw new CorruptImageException(
                        path,
                        ImageFormat.HEADER_BYTES + in.position(),
                        "the end of the manifest",
                        in.remaining() + " bytes more");
            }
            int sections = file.manifest().sections().size();
            if (sections > MAX_SECTIONS) {
                throw new CorruptImageException(
                        path, ImageException.NO_OFFSET, "at most " + MAX_SECTIONS + " sections", "" + sections);
            }
            return file;
        } catch (MalformedDataException e) {
            CorruptImageException corrupt = new CorruptImageException(
                    path, ImageFormat.HEADER_BYTES + in.position(), "the record of a manifest", "" + e.getMessage());
            corrupt.initCause(e);
            throw corrupt;
        }
    }

    private static ImageKey key(Path path, ImageFormat.Opened opened, ImageKeys keys) throws IOException {
        String named = SealedBody.nameOfKey(path, opened);
        return keys.find()
                .orElseThrow(() -> CorruptImageException.needsKey(
                        "encrypted image",
                        path,
                        "key " + named + ", which the image is encrypted with (--key-file or --key-command)",
                        "no key"));
    }

    private static ManifestFile decode(ImageFormat.Opened opened, Decoder in, Optional<ImageKey> key)
            throws MalformedDataException {
        if (opened.version() == 1) {
            VersionOne.OneManifest one = in.getRecord(VersionOne.OneManifest.class);
            return new ManifestFile(opened.id(), 1, VersionOne.today(one), Optional.of(one), Optional.empty());
        }
        return new ManifestFile(opened.id(), in.getRecord(Manifest.class), key);
    }

    private static byte[] contents(Path path) throws IOException {
        BasicFileAttributes attributes;
        try {
            attributes = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            throw ManifestCheck.missing(path, "a manifest", "no file", e);
        }
        if (!attributes.isRegularFile() || attributes.size() > MAX_BYTES) {
            throw new CorruptImageException(
                    path,
                    ImageException.NO_OFFSET,
                    "a regular file of at most " + MAX_BYTES + " bytes",
                    attributes.isRegularFile() ? attributes.size() + " bytes" : "none");
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
                InputStream in = Channels.newInputStream(channel)) {
            return in.readNBytes((int) attributes.size());
        }
    }
}
