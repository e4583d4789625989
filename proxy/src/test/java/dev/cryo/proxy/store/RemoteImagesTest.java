package dev.cryo.proxy.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.proxy.store.MemoryBucket.Fault;
import dev.cryo.streamlog.image.ImageException;
import dev.cryo.streamlog.image.ImageKey;
import dev.cryo.streamlog.image.ImageKeys;
import dev.cryo.streamlog.image.ImageStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What lies in a store, and what becomes of it when something fails. Over a bucket in memory. */
@Timeout(60)
class RemoteImagesTest {
    private static final int OWN = 300_000;
    private static final StoreUrl URL = StoreUrl.parse("s3://bucket/some/where");
    private static final String ROOT = "some/where/job/";

    @TempDir
    Path folder;

    private final MemoryBucket bucket = new MemoryBucket();
    private final RemoteImages remote = new RemoteImages(bucket, URL, "job", 64 << 10);
    private ImageStore local;

    @BeforeEach
    void commit() throws IOException {
        local = ImageStore.in(folder.resolve("here"));
        LocalImages.commit(local, OWN, 1);
    }

    private ImageStore elsewhere(String name) {
        return ImageStore.in(folder.resolve(name));
    }

    private byte[] object(String key) {
        return Objects.requireNonNull(bucket.objects.get(key), key);
    }

    private long packs() {
        return bucket.objects.keySet().stream().filter(key -> key.endsWith(".pack")).count();
    }

    @Test
    void anImageComesBackByteForByte() throws Exception {
        LocalImages.commit(local, OWN, 2);
        remote.upload(local.carry(1));
        remote.upload(local.carry(2));
        assertThat(remote.numbers()).containsExactly(1L, 2L);
        ImageStore other = elsewhere("other");
        remote.fetch(2, other);
        assertThat(other.numbers()).containsExactly(2L);
        assertThat(LocalImages.isWhole(other, 2, OWN, 2)).isTrue();
        assertThat(Files.readAllBytes(other.folder(2).resolve("manifest")))
                .isEqualTo(Files.readAllBytes(local.folder(2).resolve("manifest")));
    }

    @Test
    void ofAnEncryptedImageNothingIsFetchedWithoutItsKey() throws Exception {
        ImageKeys keys = ImageKeys.of(Optional.of(ImageKey.parse("0123456789abcdef0123456789ABCDEF".getBytes(
                StandardCharsets.US_ASCII))));
        ImageStore sealed = ImageStore.in(folder.resolve("sealed"), keys);
        LocalImages.commit(sealed, OWN, 4);
        remote.upload(sealed.carry(1));
        bucket.fail(0, Fault.NEVER);
        assertThatThrownBy(() -> remote.fetch(1, elsewhere("other")))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("which the image is encrypted with (--key-file or --key-command), found no key");
        assertThat(bucket.calls).containsExactly("list", "read");
        ImageStore other = ImageStore.in(folder.resolve("with-key"), keys);
        remote.fetch(1, other);
        assertThat(LocalImages.isWhole(other, 1, OWN, 4)).isTrue();
    }

    @Test
    void aFetchThatTheDiskEndsIsNotTriedAgainAndNamesTheFile() throws Exception {
        remote.upload(local.carry(1));
        ImageStore other = elsewhere("other");
        String name = local.carry(1).packs().getFirst().name();
        Path there = folder.resolve("other/packs/" + name + ".pack.partial");
        Files.createDirectories(there);
        bucket.fail(0, Fault.NEVER);
        assertThatThrownBy(() -> remote.fetch(1, other))
                .isInstanceOf(FileSystemException.class)
                .hasMessage(there.toString());
        assertThat(bucket.calls).as("the pack is not asked for").containsExactly("list", "read", "read");
    }

    @Test
    void whatTheStoreHasIsNotUploadedAgain() throws Exception {
        remote.upload(local.carry(1));
        LocalImages.commit(local, OWN, 2);
        bucket.fail(0, Fault.NEVER);
        remote.upload(local.carry(2));
        assertThat(bucket.calls).containsOnlyOnce("begin"); // The second image has one pack of its own.
        assertThat(packs()).isEqualTo(2);
        // A machine that fetched an image uploads none of it either, though its packs have other names.
        ImageStore other = elsewhere("other");
        remote.fetch(2, other);
        long third = LocalImages.commit(other, OWN, 3);
        assertThat(third).isEqualTo(3);
        remote.upload(other.carry(third));
        assertThat(packs()).isEqualTo(3);
    }

    @Test
    void aNumberThatTheStoreHasIsNotUsedAgainByWhoFetchesAnOlderImage() throws Exception {
        LocalImages.commit(local, OWN, 2);
        remote.upload(local.carry(1));
        remote.upload(local.carry(2));
        ImageStore other = elsewhere("other");
        remote.fetch(1, other);
        assertThat(LocalImages.commit(other, OWN, 3)).isEqualTo(3);
    }

    /** The second image's list, its pack, in one piece or in parts, and its manifest, in a store that has the first. */
    @ParameterizedTest
    @CsvSource({
        "REFUSED, 1048576", "CUT_SHORT, 1048576", "ANSWER_LOST, 1048576",
        "REFUSED, 131072", "CUT_SHORT, 131072", "ANSWER_LOST, 131072"
    })
    void whicheverCallOfAnUploadFailsAllThatIsThereIsWholeAndTheNextOneCompletesIt(Fault fault, int partBytes)
            throws Exception {
        LocalImages.commit(local, OWN, 2);
        List<String> calls = callsOfAnUpload(partBytes);
        assertThat(calls)
                .isEqualTo(partBytes > OWN
                        ? List.of("list", "write", "list", "write file", "list", "create")
                        : List.of(
                                "list", "write", "list", "unfinished", "begin", "write part", "write part",
                                "write part", "complete", "list", "create"));
        for (int call = 2; call <= calls.size(); call++) {
            MemoryBucket fresh = new MemoryBucket();
            RemoteImages images = new RemoteImages(fresh, URL, "job", partBytes);
            images.upload(local.carry(1));
            fresh.fail(call, fault);
            assertThat(images.numbers()).containsExactly(1L); // The first call.
            assertThatThrownBy(() -> images.upload(local.carry(2)))
                    .isInstanceOfSatisfying(StoreException.class, e -> assertThat(e.kind())
                            .isEqualTo(StoreException.Kind.UNREACHABLE))
                    .hasMessage("the line is cut in " + calls.get(call - 1));
            fresh.fail(0, Fault.NEVER);
            boolean answerLost = call == calls.size() && fault == Fault.ANSWER_LOST;
            assertThat(images.numbers()).as("after call " + call).isEqualTo(answerLost ? List.of(1L, 2L) : List.of(1L));
            assertAllAreWhole(images, "after-" + call);
            images.upload(local.carry(2));
            assertThat(images.numbers()).containsExactly(1L, 2L);
            assertAllAreWhole(images, "completed-" + call);
            assertThat(images.collect(number -> false, false).packs()).as("left after call " + call).isZero();
            assertThat(fresh.begun).isEmpty();
        }
    }

    private List<String> callsOfAnUpload(int partBytes) throws Exception {
        MemoryBucket fresh = new MemoryBucket();
        RemoteImages images = new RemoteImages(fresh, URL, "job", partBytes);
        images.upload(local.carry(1));
        fresh.fail(0, Fault.NEVER);
        images.numbers();
        images.upload(local.carry(2));
        return List.copyOf(fresh.calls);
    }

    /** Image N has what seed N makes. */
    private void assertAllAreWhole(RemoteImages images, String name) throws Exception {
        ImageStore fetched = elsewhere(name);
        for (long number : images.numbers()) {
            images.fetch(number, fetched);
            assertThat(LocalImages.isWhole(fetched, number, OWN, number)).as(name + ", image " + number).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(value = Fault.class, mode = EnumSource.Mode.EXCLUDE, names = "NEVER")
    void whicheverCallOfARemovalFailsTheOtherImageIsWholeAndTheNextRemovalCompletesIt(Fault fault) throws Exception {
        LocalImages.commit(local, OWN, 2);
        boolean failed = true;
        for (int call = 1; failed; call++) {
            MemoryBucket fresh = new MemoryBucket();
            RemoteImages images = new RemoteImages(fresh, URL, "job", 1 << 20);
            images.upload(local.carry(1));
            images.upload(local.carry(2));
            fresh.fail(call, fault);
            failed = false;
            try {
                images.remove(2);
                images.collect(number -> true, false);
            } catch (IOException e) {
                failed = true;
            }
            fresh.fail(0, Fault.NEVER);
            assertThat(images.numbers()).contains(1L);
            assertAllAreWhole(images, "removed-" + call);
            for (long number : Stream.concat(images.numbers().stream(), images.incomplete().stream()).toList()) {
                if (number == 2) {
                    images.remove(number);
                }
            }
            images.collect(number -> true, false);
            assertThat(images.numbers()).containsExactly(1L);
            assertThat(images.incomplete()).isEmpty();
            assertThat(fresh.objects.keySet()).filteredOn(key -> key.endsWith(".pack")).hasSize(1);
            assertThat(call).isLessThan(20);
        }
    }

    @Test
    void anImageThatIsRemovedWhileItIsUploadedLeavesNothingHalf() throws Exception {
        int large = 5 << 20; // So that the common block is written anew when nothing else of the pack is needed.
        int whole = 0;
        int broken = 0;
        boolean before = true;
        for (int call = 1; before; call++) {
            ImageStore store = elsewhere("removing-" + call);
            LocalImages.commit(store, large, 1);
            LocalImages.commit(store, OWN, 2);
            MemoryBucket fresh = new MemoryBucket();
            RemoteImages images = new RemoteImages(fresh, URL, "job", 3 << 20);
            int at = call;
            fresh.before(call, () -> assertThat(removed(store)).as("call " + at).isTrue());
            try {
                images.upload(store.carry(1));
                whole++;
            } catch (NoSuchFileException e) {
                broken++;
            }
            before = fresh.calls.size() >= call;
            fresh.fail(0, Fault.NEVER);
            ImageStore fetched = elsewhere("left-" + call);
            if (!images.numbers().isEmpty()) {
                images.fetch(1, fetched);
                assertThat(LocalImages.isWhole(fetched, 1, large, 1)).isTrue();
            }
            images.upload(store.carry(2));
            images.fetch(2, fetched);
            assertThat(LocalImages.isWhole(fetched, 2, OWN, 2)).isTrue();
            images.keep(1);
            images.collect(store.numbers()::contains, false);
            assertThat(images.numbers()).containsExactly(2L);
            assertThat(images.incomplete()).isEmpty();
            assertThat(fresh.begun).isEmpty();
        }
        assertThat(whole).as("removed late").isGreaterThan(1);
        assertThat(broken).as("removed early").isGreaterThan(2);
    }

    private static boolean removed(ImageStore store) {
        try {
            store.keep(1);
            store.collect(false);
            return !store.numbers().contains(1L);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void anUploadWhosePartsAreRefusedBeginsAnew() throws Exception {
        bucket.refusesParts = true;
        assertThatThrownBy(() -> remote.upload(local.carry(1))).hasMessage("a part is not as it was told");
        assertThat(bucket.begun).isEmpty();
        assertThat(remote.numbers()).isEmpty();
        remote.upload(local.carry(1));
        remote.fetch(1, elsewhere("other"));
        assertThat(LocalImages.isWhole(elsewhere("other"), 1, OWN, 1)).isTrue();
    }

    @Test
    void anImageThatIsNotWholeCanBeGivenUp() throws Exception {
        bucket.fail(8, Fault.REFUSED);
        assertThatThrownBy(() -> remote.upload(local.carry(1))).isInstanceOf(StoreException.class);
        bucket.fail(0, Fault.NEVER);
        assertThat(remote.numbers()).isEmpty();
        assertThat(remote.incomplete()).containsExactly(1L);
        remote.collect(number -> true, false);
        assertThat(bucket.begun).as("it may go on").hasSize(1);
        remote.remove(1);
        remote.collect(number -> true, false);
        assertThat(bucket.objects).isEmpty();
        assertThat(bucket.begun).isEmpty();
        assertThatThrownBy(() -> remote.remove(1))
                .hasMessage("s3://bucket/some/where has no image 1 of job job; it has []");
    }

    @Test
    void anUploadGoesOnWithThePartsThatAreThere() throws Exception {
        bucket.fail(40, Fault.REFUSED);
        assertThatThrownBy(() -> remote.upload(local.carry(1))).hasMessage("the line is cut in write part");
        int there = bucket.begun.values().iterator().next().size();
        assertThat(there).isGreaterThan(10);
        bucket.fail(0, Fault.NEVER);
        remote.upload(local.carry(1));
        long parts = Math.ceilDiv(local.carry(1).packs().getFirst().bytes(), 64 << 10);
        assertThat(bucket.calls.stream().filter("write part"::equals)).hasSize((int) parts - there);
    }

    @ParameterizedTest
    @EnumSource(value = Fault.class, mode = EnumSource.Mode.EXCLUDE, names = "NEVER")
    void aFetchTakesUpAConnectionThatBreaks(Fault fault) throws Exception {
        remote.upload(local.carry(1));
        bucket.fail(4, fault); // list, manifest, list of packs, pack
        ImageStore other = elsewhere("other");
        remote.fetch(1, other);
        assertThat(bucket.calls).containsExactly("list", "read", "read", "read", "read");
        assertThat(LocalImages.isWhole(other, 1, OWN, 1)).isTrue();
    }

    @Test
    void theSecondWriterOfANumberIsRefusedByName() throws Exception {
        remote.upload(local.carry(1));
        ImageStore other = elsewhere("other");
        LocalImages.commit(other, OWN, 7);
        assertThatThrownBy(() -> remote.upload(other.carry(1)))
                .isInstanceOfSatisfying(StoreException.class, e -> assertThat(e.kind())
                        .isEqualTo(StoreException.Kind.CONFLICT))
                .hasMessage("s3://bucket/some/where has another image 1, of a job of the same name on another machine;"
                        + " this one's images are not uploaded: launch it with another --name or --store");
        ImageStore back = elsewhere("back");
        remote.fetch(1, back);
        assertThat(LocalImages.isWhole(back, 1, OWN, 1)).isTrue();
    }

    @Test
    void anImageIsRemovedBeforeItsPacksAndThoseOfOthersStay() throws Exception {
        LocalImages.commit(local, OWN, 2);
        remote.upload(local.carry(1));
        remote.upload(local.carry(2));
        bucket.fail(0, Fault.NEVER);
        assertThat(remote.keep(1)).containsExactly(1L);
        assertThat(remote.collect(number -> true, true).packs()).isZero(); // The first one's pack has a common block.
        assertThat(remote.numbers()).containsExactly(2L);
        ImageStore other = elsewhere("other");
        remote.fetch(2, other);
        assertThat(LocalImages.isWhole(other, 2, OWN, 2)).isTrue();
        remote.remove(2);
        assertThat(remote.collect(number -> true, true).packs()).isEqualTo(2);
        assertThat(packs()).isEqualTo(2);
        assertThat(remote.collect(number -> true, false).packs()).isEqualTo(2);
        assertThat(bucket.objects).isEmpty();
    }

    @Test
    void whatAnUploadUnderWayNeedsIsNotCollected() throws Exception {
        bucket.fail(5, Fault.ANSWER_LOST);
        assertThatThrownBy(() -> remote.upload(local.carry(1))).isInstanceOf(StoreException.class);
        bucket.fail(0, Fault.NEVER);
        remote.collect(number -> true, false);
        assertThat(bucket.begun).hasSize(1);
        remote.collect(number -> false, false);
        assertThat(bucket.begun).isEmpty();
        assertThat(bucket.objects).isEmpty();
    }

    @Test
    void aDamagedPackIsRefusedWithItsPlaceAndNotTaken() throws Exception {
        remote.upload(local.carry(1));
        String key = bucket.objects.keySet().stream().filter(k -> k.endsWith(".pack")).findFirst().orElseThrow();
        byte[] sound = object(key);
        byte[] damaged = sound.clone();
        damaged[4096 + 77] ^= 1;
        bucket.objects.put(key, damaged);
        ImageStore other = elsewhere("other");
        assertThatThrownBy(() -> remote.fetch(1, other))
                .isInstanceOfSatisfying(StoreException.class, e -> assertThat(e.kind())
                        .isEqualTo(StoreException.Kind.DAMAGED))
                .hasMessageMatching("s3://bucket/" + key + " is damaged: .*\\.pack\\.partial at offset 4096: expected"
                        + " CRC32C 0x[0-9a-f]+ of 2097152 bytes \\(block [0-9a-f]+\\), found 0x[0-9a-f]+");
        assertThat(other.numbers()).isEmpty();
        assertThat(files(folder.resolve("other/packs"))).isEmpty();
        bucket.objects.put(key, sound); // Whoever puts it right can fetch it.
        remote.fetch(1, other);
        assertThat(LocalImages.isWhole(other, 1, OWN, 1)).isTrue();
    }

    private static List<String> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    @Test
    void aPackThatIsShorterOrGoneIsNamed() throws Exception {
        remote.upload(local.carry(1));
        String key = bucket.objects.keySet().stream().filter(k -> k.endsWith(".pack")).findFirst().orElseThrow();
        byte[] sound = object(key);
        bucket.objects.put(key, new byte[10]);
        assertThatThrownBy(() -> remote.fetch(1, elsewhere("other")))
                .hasMessage("s3://bucket/" + key + ": expected " + sound.length + " bytes, found 10 bytes");
        bucket.objects.remove(key);
        assertThatThrownBy(() -> remote.fetch(1, elsewhere("other")))
                .hasMessage("s3://bucket/" + key + ": expected " + sound.length + " bytes, found no such object");
    }

    @Test
    void keysThatAreNotOursAreNotLookedAt() throws Exception {
        remote.upload(local.carry(1));
        byte[] other = "x".getBytes(StandardCharsets.UTF_8);
        for (String name : List.of(
                "images/../../etc/manifest", "images/02/manifest", "images/0/manifest", "images/3/manifest/4",
                "images/-1/manifest", "images/packs/../../../x.pack", "images/packs/x.pack", "images/9/x.packs",
                "images/99999999999999999999/manifest", "images/4.partial/manifest")) {
            bucket.objects.put(ROOT + name, other);
        }
        assertThat(remote.numbers()).containsExactly(1L);
        int objects = bucket.objects.size();
        remote.collect(number -> false, false);
        assertThat(bucket.objects).hasSize(objects);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "cryo packs 1\n../../../../etc/cron.d/x 5\n",
        "cryo packs 1\n/etc/passwd 5\n",
        "cryo packs 2\n",
        "",
        "cryo packs 1",
        "cryo packs 1\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef -5\n",
        "cryo packs 1\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef 99999999999999999999\n",
        "cryo packs 1\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef 5"
    })
    void aListOfPacksThatIsNoneIsRefused(String text) throws Exception {
        remote.upload(local.carry(1));
        String key = bucket.objects.keySet().stream().filter(k -> k.endsWith(".packs")).findFirst().orElseThrow();
        bucket.objects.put(key, text.getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> remote.fetch(1, elsewhere("other")))
                .isInstanceOfSatisfying(StoreException.class, e -> assertThat(e.kind())
                        .isEqualTo(StoreException.Kind.DAMAGED))
                .hasMessageStartingWith("s3://bucket/" + key + ", line ");
        assertThatThrownBy(() -> remote.collect(number -> false, false)).isInstanceOf(StoreException.class);
        assertThat(packs()).as("nothing is given back").isEqualTo(1);
    }

    @Test
    void aStoreThatReplacesWhatItIsToldToCreateIsRefused() throws Exception {
        remote.requireUsable();
        remote.requireUsable();
        bucket.replaces = true;
        assertThatThrownBy(remote::requireUsable).hasMessageStartingWith(
                "s3://bucket/some/where replaces objects that it is told to create (If-None-Match: *)");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "http://bucket/x", "s3://", "s3:///x", "s3://B/x", "s3://bucket/../x", "s3://bucket/a//b", "s3://bucket/.a",
        "s3://key:secret@bucket/x", "bucket"
    })
    void aUrlOfAnotherFormIsRefused(String text) {
        assertThatThrownBy(() -> StoreUrl.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
