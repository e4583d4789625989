package dev.cryo.proxy.store;

import dev.cryo.proxy.store.StoreException.Kind;
import dev.cryo.streamlog.image.CarriedImage;
import dev.cryo.streamlog.image.CarriedPack;
import dev.cryo.streamlog.image.ImageStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The images of a job in a store: where what lies, what is there, and what can go. Keys that are none of ours are not
 * looked at. Thread-safe; owns its bucket.
 */
public final class RemoteImages implements AutoCloseable {
    static final int MANIFEST_BYTES = 256 << 20;
    private static final int LIST_BYTES = 64 << 20;
    private static final Pattern OF_IMAGE = Pattern.compile(
            "([1-9][0-9]{0,17})/(?:manifest|([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\\.packs)");
    private static final Pattern OF_PACK = Pattern.compile("packs/([0-9a-f]{64})\\.pack");

    private final Bucket bucket;
    private final StoreUrl url;
    private final String job;
    private final long partBytes;

    /** The images of a job. */
    public RemoteImages(Bucket bucket, StoreUrl url, String job) {
        this(bucket, url, job, ImageUpload.PART_BYTES);
    }

    RemoteImages(Bucket bucket, StoreUrl url, String job, long partBytes) {
        this.bucket = bucket;
        this.url = url;
        this.job = job;
        this.partBytes = partBytes;
    }

    /**
     * What a job has in a store.
     *
     * @param images numbers of committed images
     * @param lists keys of pack lists by the number that they are for, committed or not
     * @param packs lengths of packs by name
     */
    record Contents(TreeSet<Long> images, TreeMap<Long, Set<String>> lists, TreeMap<String, Long> packs) {}

    Contents contents() throws IOException {
        String prefix = key("images/");
        Contents contents = new Contents(new TreeSet<>(), new TreeMap<>(), new TreeMap<>());
        for (Bucket.Stored object : bucket.list(prefix)) {
            String name = object.key().substring(prefix.length());
            Matcher pack = OF_PACK.matcher(name);
            Matcher image = OF_IMAGE.matcher(name);
            if (pack.matches()) {
                contents.packs().put(pack.group(1), object.bytes());
            } else if (image.matches()) {
                long number = Long.parseLong(image.group(1));
                if (image.group(2) == null) {
                    contents.images().add(number);
                } else {
                    contents.lists().computeIfAbsent(number, n -> new HashSet<>()).add(object.key());
                }
            }
        }
        return contents;
    }

    /** The numbers of the images that are there, ascending. */
    public List<Long> numbers() throws IOException {
        return List.copyOf(contents().images());
    }

    /** The newest image that is there. */
    public OptionalLong latest() throws IOException {
        return contents().images().stream().mapToLong(Long::longValue).max();
    }

    /**
     * Makes sure that images can be kept there: that the bucket answers, can be written to, and never replaces what it
     * was told to create.
     */
    public void requireUsable() throws IOException {
        contents();
        byte[] text = "images of a job of cryo\n".getBytes(StandardCharsets.US_ASCII);
        bucket.create(key("store"), text);
        if (bucket.create(key("store"), text)) {
            throw new StoreException(
                    Kind.REFUSED,
                    url + " replaces objects that it is told to create (If-None-Match: *): two writers could destroy"
                            + " each other's images there");
        }
    }

    /** A manifest, byte for byte. */
    public byte[] manifest(long number) throws IOException {
        return object(manifestKey(number), MANIFEST_BYTES);
    }

    /** Which packs the image of a manifest needs. */
    PackList packs(long number, byte[] manifest) throws IOException {
        String key = listKey(number, manifest);
        return PackList.decode(object(key, LIST_BYTES), where(key));
    }

    /** The bytes of an image's packs, be they shared with others. */
    public long bytes(long number, byte[] manifest) throws IOException {
        return packs(number, manifest).total();
    }

    /** Brings an image there, see {@link ImageUpload}. */
    public void upload(CarriedImage image) throws IOException, InterruptedException {
        new ImageUpload(bucket, this, partBytes).upload(image);
    }

    /** Brings an image into a local store, see {@link ImageFetch}. */
    public void fetch(long number, ImageStore into) throws IOException, InterruptedException {
        new ImageFetch(bucket, this).fetch(number, into);
    }

    /** The numbers of images whose upload, or whose removal, was begun and not completed, ascending. */
    public List<Long> incomplete() throws IOException {
        Contents contents = contents();
        return contents.lists().keySet().stream()
                .filter(number -> !contents.images().contains(number))
                .toList();
    }

    /**
     * Removes an image: at one instant it is no longer there. Its packs go with {@link #collect}. One that is
     * {@linkplain #incomplete} is given up.
     *
     * @throws StoreException of kind MISSING if there is neither
     */
    public void remove(long number) throws IOException {
        Contents contents = contents();
        if (!contents.images().contains(number) && !contents.lists().containsKey(number)) {
            throw new StoreException(
                    Kind.MISSING, url + " has no image " + number + " of job " + job + "; it has " + contents.images());
        }
        bucket.delete(manifestKey(number));
        for (String list : contents.lists().getOrDefault(number, Set.of())) {
            bucket.delete(list);
        }
    }

    /** Removes all images but the newest ones; the numbers of those that were removed. */
    public List<Long> keep(int count) throws IOException {
        List<Long> all = numbers();
        List<Long> old = all.subList(0, Math.max(0, all.size() - Math.max(1, count)));
        for (long number : old) {
            remove(number);
        }
        return List.copyOf(old);
    }

    /**
     * Deletes the packs that no image needs. An image that is being uploaded needs what its list names.
     *
     * @param mayCome whether an image that has a list and no manifest may still come; if not, its list goes
     */
    public ImageStore.Collected collect(LongPredicate mayCome, boolean dryRun) throws IOException {
        Contents contents = contents();
        for (long number : contents.images()) {
            if (!contents.lists().containsKey(number)) {
                throw new StoreException(
                        Kind.DAMAGED,
                        "image " + number + " in " + url + " does not tell which packs it needs, so nothing is given"
                                + " back; remove it if it is of no use");
            }
        }
        Set<String> needed = new HashSet<>();
        for (Map.Entry<Long, Set<String>> lists : contents.lists().entrySet()) {
            boolean lives = contents.images().contains(lists.getKey()) || mayCome.test(lists.getKey());
            for (String list : lists.getValue()) {
                if (lives) {
                    needed.addAll(PackList.decode(object(list, LIST_BYTES), where(list)).bytes().keySet());
                } else if (!dryRun) {
                    bucket.delete(list);
                }
            }
        }
        return delete(contents, needed, dryRun);
    }

    private ImageStore.Collected delete(Contents contents, Set<String> needed, boolean dryRun) throws IOException {
        int count = 0;
        long bytes = 0;
        for (Map.Entry<String, Long> pack : contents.packs().entrySet()) {
            if (!needed.contains(pack.getKey())) {
                count++;
                bytes += pack.getValue();
                if (!dryRun) {
                    bucket.delete(packKey(pack.getKey()));
                }
            }
        }
        Set<String> kept = new HashSet<>();
        needed.forEach(pack -> kept.add(packKey(pack)));
        for (Bucket.Unfinished begun : dryRun ? List.<Bucket.Unfinished>of() : bucket.unfinished(key("images/"))) {
            if (!kept.contains(begun.key())) {
                bucket.abandon(begun);
            }
        }
        return new ImageStore.Collected(count, bytes);
    }

    /** A whole object. */
    private byte[] object(String key, int most) throws IOException {
        try (InputStream in = bucket.read(key, 0)) {
            byte[] bytes = in.readNBytes(most + 1);
            if (bytes.length > most) {
                throw new StoreException(
                        Kind.DAMAGED, where(key) + ": expected at most " + most + " bytes, found more");
            }
            return bytes;
        }
    }

    /** Creates the manifest of an image; false if there is another image of its number. */
    boolean commit(CarriedImage image) throws IOException {
        return bucket.create(manifestKey(image.number()), image.manifest())
                || Arrays.equals(manifest(image.number()), image.manifest());
    }

    void announce(CarriedImage image) throws IOException {
        bucket.write(listKey(image.number(), image.manifest()), PackList.of(image).encode());
    }

    String packKey(String name) {
        if (!CarriedPack.isName(name)) {
            throw new IllegalArgumentException("no name of a pack: " + name);
        }
        return key("images/packs/" + name + ".pack");
    }

    private String manifestKey(long number) {
        return key("images/" + number + "/manifest");
    }

    private String listKey(long number, byte[] manifest) throws IOException {
        return key("images/" + number + "/" + CarriedImage.idOf(manifest) + ".packs");
    }

    private String key(String name) {
        return url.key(job, name);
    }

    /** An object, as messages name it. */
    String where(String key) {
        return "s3://" + url.bucket() + "/" + key;
    }

    /** Where the images are. */
    public StoreUrl url() {
        return url;
    }

    @Override
    public void close() {
        bucket.close();
    }
}
