package dev.cryo.proxy.store;

import dev.cryo.proxy.store.StoreException.Kind;
import dev.cryo.streamlog.image.ImageException;
import dev.cryo.streamlog.image.ImageReceiver;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.image.IncomingPack;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Brings an image from a store into a local one: the packs that it lacks, each checked before it counts, then the
 * manifest. A connection that breaks is taken up again where it broke.
 */
final class ImageFetch {
    private static final int ATTEMPTS = 6;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);

    private final Bucket bucket;
    private final RemoteImages images;

    ImageFetch(Bucket bucket, RemoteImages images) {
        this.bucket = bucket;
        this.images = images;
    }

    /**
     * Fetches one.
     *
     * @throws StoreException of kind MISSING if there is no such image
     * @throws ImageException if what the store has is damaged
     */
    void fetch(long number, ImageStore into) throws IOException, InterruptedException {
        RemoteImages.Contents contents = images.contents();
        if (!contents.images().contains(number)) {
            throw new StoreException(
                    Kind.MISSING,
                    images.url() + " has no image " + number + " of this job; it has " + contents.images());
        }
        byte[] manifest = images.manifest(number);
        // Before much is fetched that could not be read.
        into.decode(manifest, images.url().bucket() + "/.../images/" + number + "/manifest");
        PackList packs = images.packs(number, manifest);
        for (Map.Entry<String, Long> pack : packs.bytes().entrySet()) {
            requireWhole(pack.getKey(), pack.getValue(), contents.packs().get(pack.getKey()));
        }
        try (ImageReceiver receiver = into.receive(number, contents.images().last())) {
            for (Map.Entry<String, Long> pack : packs.bytes().entrySet()) {
                if (!receiver.has(pack.getKey())) {
                    fetch(pack.getKey(), pack.getValue(), receiver);
                }
            }
            receiver.commit(manifest);
        }
    }

    private void requireWhole(String name, long expected, @Nullable Long actual) throws StoreException {
        if (actual == null || actual != expected) {
            throw new StoreException(
                    Kind.DAMAGED,
                    images.where(images.packKey(name)) + ": expected " + expected + " bytes, found "
                            + (actual == null ? "no such object" : actual + " bytes"));
        }
    }

    private void fetch(String name, long bytes, ImageReceiver receiver) throws IOException, InterruptedException {
        String key = images.packKey(name);
        try (IncomingPack pack = receiver.begin(name)) {
            int fruitless = 0;
            while (pack.bytes() < bytes) {
                long had = pack.bytes();
                try {
                    append(key, pack, bytes);
                } catch (FileSystemException e) {
                    throw e; // This machine's disk is to blame.
                } catch (IOException e) {
                    fruitless = pack.bytes() > had ? 0 : fruitless + 1;
                    if (fruitless == ATTEMPTS || (e instanceof StoreException s && s.kind() != Kind.UNREACHABLE)) {
                        throw e;
                    }
                    Thread.sleep(FIRST_PAUSE.multipliedBy(1L << fruitless));
                }
            }
            pack.finish();
        } catch (ImageException e) {
            throw new StoreException(Kind.DAMAGED, images.where(key) + " is damaged: " + e.getMessage(), e);
        }
    }

    private void append(String key, IncomingPack pack, long bytes) throws IOException {
        try (InputStream in = bucket.read(key, pack.bytes())) {
            byte[] buffer = new byte[1 << 20];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                if (pack.bytes() + count > bytes) {
                    throw new StoreException(
                            Kind.DAMAGED, images.where(key) + ": expected " + bytes + " bytes, found more");
                }
                pack.put(ByteBuffer.wrap(buffer, 0, count));
            }
        }
        if (pack.bytes() < bytes) {
            throw new EOFException(images.where(key) + ": expected " + bytes + " bytes, found " + pack.bytes());
        }
    }
}
