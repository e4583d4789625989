package dev.cryo.proxy.store;

import dev.cryo.proxy.store.Bucket.FileRange;
import dev.cryo.proxy.store.Bucket.Part;
import dev.cryo.proxy.store.Bucket.Unfinished;
import dev.cryo.proxy.store.StoreException.Kind;
import dev.cryo.streamlog.image.CarriedImage;
import dev.cryo.streamlog.image.CarriedPack;
import dev.cryo.streamlog.linux.Priority;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Brings an image into a store: the list of its packs, the packs that the store lacks, and at last its manifest, which
 * is created and never replaces another. Whatever ends it before leaves nothing that is taken for an image; called
 * again it goes on where it was, within a pack too.
 */
final class ImageUpload {
    /** What is put in one piece, and of what larger packs are put together; S3 takes 10,000 parts at most. */
    static final long PART_BYTES = 16 << 20;

    private static final int MOST_PARTS = 10_000;
    private static final int THREADS = 4;

    private final Bucket bucket;
    private final RemoteImages images;
    private final long leastPartBytes;

    /**
     * An uploader.
     *
     * @param leastPartBytes what is put in one piece, at least 5 MiB where the store is a real one
     */
    ImageUpload(Bucket bucket, RemoteImages images, long leastPartBytes) {
        this.bucket = bucket;
        this.images = images;
        this.leastPartBytes = leastPartBytes;
    }

    void upload(CarriedImage image) throws IOException, InterruptedException {
        // First of all, so that who removes packs at this time knows that these are needed.
        images.announce(image);
        Map<String, Long> there = images.contents().packs();
        for (CarriedPack pack : image.packs()) {
            if (!Long.valueOf(pack.bytes()).equals(there.get(pack.name()))) {
                put(pack);
            }
        }
        Map<String, Long> now = images.contents().packs();
        for (CarriedPack pack : image.packs()) {
            if (!Long.valueOf(pack.bytes()).equals(now.get(pack.name()))) {
                throw new StoreException(
                        Kind.UNREACHABLE,
                        images.where(images.packKey(pack.name())) + " is not there though it was a moment ago:"
                                + " something else removes packs of this job");
            }
        }
        if (!images.commit(image)) {
            throw new StoreException(
                    Kind.CONFLICT,
                    images.url() + " has another image " + image.number() + ", of a job of the same name on another"
                            + " machine; this one's images are not uploaded: launch it with another --name or --store");
        }
    }

    private void put(CarriedPack pack) throws IOException, InterruptedException {
        String key = images.packKey(pack.name());
        if (pack.bytes() <= leastPartBytes) {
            bucket.write(key, new FileRange(pack.file(), 0, pack.bytes()));
            return;
        }
        long partBytes = Math.max(leastPartBytes, Math.ceilDiv(pack.bytes(), MOST_PARTS));
        Map<Integer, Part> done = new HashMap<>();
        Unfinished object = resumed(key, pack, partBytes, done);
        List<FileRange> missing = new ArrayList<>();
        for (long at = 0; at < pack.bytes(); at += partBytes) {
            if (!done.containsKey(number(at, partBytes))) {
                missing.add(new FileRange(pack.file(), at, Math.min(partBytes, pack.bytes() - at)));
            }
        }
        write(object, missing, partBytes).forEach(part -> done.put(part.number(), part));
        complete(object, done.values().stream().sorted(Comparator.comparingInt(Part::number)).toList());
    }

    /** Parts that the store does not put together would be refused again: the next attempt begins anew. */
    private void complete(Unfinished object, List<Part> parts) throws IOException {
        try {
            bucket.complete(object, parts);
        } catch (StoreException e) {
            if (e.kind() != Kind.UNREACHABLE) {
                abandon(object, e);
            }
            throw e;
        }
    }

    private void abandon(Unfinished object, StoreException why) {
        try {
            bucket.abandon(object);
        } catch (IOException e) {
            why.addSuppressed(e);
        }
    }

    private static int number(long at, long partBytes) {
        return (int) (at / partBytes) + 1;
    }

    /** What an earlier upload has left, with its parts; those of another length are written again. */
    private Unfinished resumed(String key, CarriedPack pack, long partBytes, Map<Integer, Part> done)
            throws IOException {
        for (Unfinished begun : bucket.unfinished(key)) {
            if (begun.key().equals(key)) {
                for (Part part : bucket.parts(begun)) {
                    long at = (part.number() - 1) * partBytes;
                    if (at < pack.bytes() && part.bytes() == Math.min(partBytes, pack.bytes() - at)) {
                        done.put(part.number(), part);
                    }
                }
                return begun;
            }
        }
        return bucket.begin(key);
    }

    /** Several at a time: one connection seldom has all that a line can carry. */
    private List<Part> write(Unfinished object, List<FileRange> ranges, long partBytes)
            throws IOException, InterruptedException {
        List<Part> written = new ArrayList<>();
        ExecutorService threads = Executors.newFixedThreadPool(
                Math.clamp(ranges.size(), 1, THREADS), task -> Thread.ofPlatform()
                        .name("cryo-upload")
                        .daemon()
                        .unstarted(() -> {
                            Priority.lower();
                            task.run();
                        }));
        try {
            List<Future<Part>> parts = new ArrayList<>();
            for (FileRange range : ranges) {
                parts.add(threads.submit(() -> bucket.write(object, number(range.at(), partBytes), range)));
            }
            for (Future<Part> part : parts) {
                written.add(part.get());
            }
            return written;
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException failure -> throw failure;
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                case null, default -> throw new IllegalStateException(e);
            }
        } finally {
            threads.shutdownNow();
            threads.close(); // So that nothing is written any more once this has failed.
        }
    }
}
