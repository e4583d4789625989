package dev.cryo.streamlog.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs that store what they have in common once. */
class SharedPacksTest {
    private static final List<Integer> COMMON = numbers(100, 20);

    @TempDir
    private Path home;

    private Ranks ranks;

    @BeforeEach
    void begin() {
        ranks = new Ranks(home);
    }

    private static List<Integer> numbers(int from, int count) {
        return IntStream.range(from, from + count).boxed().toList();
    }

    @SafeVarargs
    private static List<Integer> all(List<Integer>... parts) {
        return Arrays.stream(parts).flatMap(List::stream).toList();
    }

    @Nested
    class AWriter {
        @Test
        void linksWhatAnotherJobHasAndWritesTheRest() throws IOException {
            ImageStore first = ranks.store("a");
            ImageStore second = ranks.store("b");
            Ranks.commit(first, all(COMMON, numbers(1, 2)));
            long before = ranks.diskBytes();

            Ranks.commit(second, all(numbers(11, 3), COMMON));

            assertThat(ranks.diskBytes() - before).isEqualTo(PackFormat.packBytes(3, 3L * Ranks.BYTES));
            assertThat(ranks.packNames("b")).hasSize(2).last().asString().matches("1-linked-[0-9]+\\.pack");
            Ranks.assertHas(second, 1, all(numbers(11, 3), COMMON));
            long manifest = Files.size(second.folder(1).resolve("manifest"));
            assertThat(second.addedBytes(1)).isEqualTo(manifest + PackFormat.packBytes(3, 3L * Ranks.BYTES));
            assertThat(second.neededBytes(1)).isEqualTo(manifest + 23L * Ranks.BYTES);
        }

        @Test
        void linksAPackOnceForAllSectionsAndImages() throws IOException {
            Ranks.commit(ranks.store("a"), COMMON);
            ImageStore second = ranks.store("b");
            try (ImageWriter image = second.begin();
                    SectionWriter host = image.sections("host")) {
                Ranks.write(image, COMMON);
                Path file = Files.write(home.resolve("file"), TestImages.bytes(new Random(107), Ranks.BYTES));
                host.file("host/pages-1.img", file);
                image.add(host.finish());
                image.commit(TestImages.job());
            }
            Ranks.commit(second, COMMON);
            assertThat(ranks.packNames("b")).hasSize(1);
            assertThat(second.addedBytes(2)).isEqualTo(Files.size(second.folder(2).resolve("manifest")));
        }

        @Test
        void takesNothingFromPacksThatCannotBeRead() throws IOException {
            Ranks.commit(ranks.store("a"), COMMON);
            Path pack = ranks.images("a").resolve("packs/1-device.pack");
            byte[] bytes = Files.readAllBytes(pack);
            bytes[bytes.length - 60] ^= 1;
            Files.write(pack, bytes);
            Files.createSymbolicLink(pack.resolveSibling("2-device.pack"), home.resolve("nothing"));
            Files.createDirectories(home.resolve("c/images/packs/1-device.pack"));
            ImageStore second = ranks.store("b");
            Ranks.commit(second, COMMON);
            assertThat(ranks.packNames("b")).containsExactly("1-device.pack");
            Ranks.assertHas(second, 1, COMMON);
        }

        @Test
        void writesWhatIsRemovedBetweenLookUpAndUse() throws IOException {
            Ranks.commit(ranks.store("a"), COMMON);
            ImageStore second = ranks.store("b");
            try (ImageWriter image = second.begin();
                    SectionWriter early = image.sections("early")) {
                ranks.delete("a");
                early.file("host/one", Files.write(
                        home.resolve("one"), TestImages.bytes(new Random(107), Ranks.BYTES)));
                image.add(early.finish());
                Ranks.write(image, COMMON);
                image.commit(TestImages.job());
            }
            Ranks.assertHas(second, 1, COMMON);
        }

        @Test
        void thatGivesUpTakesItsLinksAway() throws IOException {
            ImageStore first = ranks.store("a");
            Ranks.commit(first, COMMON);
            ImageStore second = ranks.store("b");
            try (ImageWriter image = second.begin()) {
                Ranks.write(image, COMMON);
                assertThat(ranks.packNames("b")).hasSize(1);
            }
            assertThat(ranks.packNames("b")).isEmpty();
            Ranks.assertHas(first, 1, COMMON);
        }

        @Test
        void withAnotherKeyFindsNothingAndWithTheSameKeyAll() throws IOException {
            ImageKeys key = ImageKeys.of(Optional.of(ImageKey.of(TestImages.bytes(new Random(1), 32))));
            ImageKeys other = ImageKeys.of(Optional.of(ImageKey.of(TestImages.bytes(new Random(2), 32))));
            Ranks.commit(keyed("a", key), COMMON);
            long once = ranks.diskBytes();
            Ranks.commit(keyed("b", other), COMMON);
            assertThat(ranks.diskBytes()).isEqualTo(2 * once);
            Ranks.commit(keyed("c", key), COMMON);
            Ranks.commit(keyed("d", other), COMMON);
            assertThat(ranks.diskBytes()).isEqualTo(2 * once);
            ranks.delete("a");
            Ranks.assertHas(keyed("c", key), 1, COMMON);
            assertThat(keyed("b", other).collect(false)).isEqualTo(new ImageStore.Collected(0, 0));
            Ranks.assertHas(keyed("b", other), 1, COMMON);
        }

        private ImageStore keyed(String rank, ImageKeys keys) throws IOException {
            Files.createDirectories(home.resolve(rank));
            return ImageStore.in(ranks.images(rank), keys).sharing(() -> ranks.others(rank));
        }
    }

    @Nested
    class WhatIsShared {
        @Test
        void staysWithTheOtherJobWhenTheFirstRemovesAllItsImages() throws IOException {
            ImageStore first = ranks.store("a");
            ImageStore second = ranks.store("b");
            Ranks.commit(first, all(COMMON, numbers(1, 2)));
            Ranks.commit(second, all(COMMON, numbers(11, 2)));
            long before = ranks.diskBytes();
            first.remove(1);

            ImageStore.Collected told = first.collect(true);
            assertThat(told).isEqualTo(new ImageStore.Collected(1, 0));
            assertThat(ranks.packNames("a")).hasSize(1);
            assertThat(first.collect(false)).isEqualTo(told);

            assertThat(ranks.diskBytes()).isEqualTo(before);
            assertThat(ranks.packNames("a")).isEmpty();
            Ranks.assertHas(second, 1, all(COMMON, numbers(11, 2)));
        }

        @Test
        void isGivenBackByTheLastThatLetsItGo() throws IOException {
            ImageStore first = ranks.store("a");
            ImageStore second = ranks.store("b");
            Ranks.commit(first, COMMON);
            Ranks.commit(second, COMMON);
            first.remove(1);
            first.collect(false);
            second.remove(1);
            long bytes = ranks.diskBytes();
            assertThat(second.collect(true)).isEqualTo(new ImageStore.Collected(1, bytes));
            assertThat(second.collect(false)).isEqualTo(new ImageStore.Collected(1, bytes));
            assertThat(ranks.diskBytes()).isZero();
        }

        @Test
        void staysWhenTheFolderOfTheFirstJobIsDeleted() throws IOException {
            Ranks.commit(ranks.store("a"), COMMON);
            ImageStore second = ranks.store("b");
            Ranks.commit(second, COMMON);
            ranks.delete("a");
            Ranks.assertHas(second, 1, COMMON);
            Ranks.commit(ranks.store("a"), COMMON);
            assertThat(ranks.packNames("a")).allMatch(name -> name.startsWith("1-linked-"));
        }

        @Test
        void isCopiedWhereLessThanAQuarterOfItIsNeeded() throws IOException {
            ImageStore first = ranks.store("a");
            ImageStore second = ranks.store("b");
            Ranks.commit(first, COMMON);
            Ranks.commit(second, COMMON.subList(0, 6));
            assertThat(second.collect(false).packs()).isZero();
            ranks.delete("b");
            second = ranks.store("b");
            Ranks.commit(second, COMMON.subList(0, 4));
            long before = ranks.diskBytes();

            ImageStore.Collected told = second.collect(true);
            assertThat(second.collect(false)).isEqualTo(told);

            assertThat(told).isEqualTo(new ImageStore.Collected(1, -PackFormat.packBytes(4, 4L * Ranks.BYTES)));
            assertThat(before - ranks.diskBytes()).isEqualTo(told.bytes());
            assertThat(second.collect(false).packs()).isZero();
            Ranks.assertHas(second, 1, COMMON.subList(0, 4));
        }
    }

    @Nested
    class WhatWasWrittenAtTheSameTime {
        /** Neither sees what the other is writing. */
        private void writeAtOnce(List<Integer> one, List<Integer> other) throws IOException {
            ranks.store("a");
            ranks.store("b");
            Ranks.commit(ImageStore.in(ranks.images("a")), one);
            Ranks.commit(ImageStore.in(ranks.images("b")), other);
        }

        @Test
        void isThereOnceAfterTheNextCollection() throws IOException {
            writeAtOnce(COMMON, all(COMMON, numbers(11, 4)));
            ImageStore first = ranks.store("a");
            ImageStore second = ranks.store("b");
            long before = ranks.diskBytes();
            assertThat(first.collect(false).packs()).isZero();
            ImageStore.Collected told = second.collect(true);
            assertThat(ranks.diskBytes()).isEqualTo(before);

            assertThat(second.collect(false)).isEqualTo(told);

            assertThat(before - ranks.diskBytes()).isEqualTo(told.bytes()).isGreaterThan(15L * Ranks.BYTES);
            assertThat(first.collect(false).packs() + second.collect(false).packs()).isZero();
            Ranks.assertHas(first, 1, COMMON);
            Ranks.assertHas(second, 1, all(COMMON, numbers(11, 4)));
            ranks.delete("a");
            Ranks.assertHas(second, 1, all(COMMON, numbers(11, 4)));
        }

        @Test
        void isNotTakenFromWhoHasItDamaged() throws IOException {
            writeAtOnce(COMMON, all(COMMON, numbers(11, 4)));
            Path pack = ranks.images("a").resolve("packs/1-device.pack");
            byte[] bytes = Files.readAllBytes(pack);
            bytes[bytes.length / 2] ^= 1;
            Files.write(pack, bytes);
            ImageStore second = ranks.store("b");

            assertThat(second.collect(true)).isEqualTo(new ImageStore.Collected(0, 0));
            assertThat(second.collect(false)).isEqualTo(new ImageStore.Collected(0, 0));

            Ranks.assertHas(second, 1, all(COMMON, numbers(11, 4)));
        }

        @Test
        void isLostByNobodyWhereThatEndsAtAnyOperation() throws IOException {
            boolean faulted = true;
            for (int at = 0; faulted; at++) {
                for (int seed = 0; seed < 3; seed++) {
                    writeAtOnce(COMMON, COMMON);
                    FaultyDisk disk = new FaultyDisk(at, true);
                    try {
                        ranks.store("b", disk).collect(false);
                    } catch (FaultyDisk.Crash e) {
                        assertThat(e).hasNoCause();
                    }
                    disk.powerFails(new Random(seed));
                    faulted = disk.faulted();
                    Ranks.assertHas(ranks.store("a"), 1, COMMON);
                    Ranks.assertHas(ranks.store("b"), 1, COMMON);
                    ranks.delete("a");
                    Ranks.assertHas(ranks.store("b"), 1, COMMON);
                    ranks.delete("b");
                }
            }
        }

        @Test
        void isLeftAsItIsWhereThatMakesNoRoom() throws IOException {
            writeAtOnce(COMMON, all(COMMON.subList(0, 8), numbers(11, 12)));
            assertThat(ranks.store("b").collect(false)).isEqualTo(new ImageStore.Collected(0, 0));
            assertThat(ranks.packNames("b")).containsExactly("1-device.pack");
        }
    }

    /** Every operation of a checkpoint, a removal and a collection beside other jobs. */
    private static void work(ImageStore store, int fresh) throws IOException {
        Ranks.commit(store, all(COMMON, numbers(11, fresh)));
        store.remove(1);
        store.collect(false);
    }

    private void prepare() throws IOException {
        Ranks.commit(ImageStore.in(Files.createDirectories(home.resolve("b")).resolve("images")), numbers(200, 20));
        Ranks.commit(ranks.store("a"), all(COMMON, numbers(200, 20)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4})
    void anEndAtAnyOperationLeavesAllImagesOfAllJobs(int fresh) throws IOException {
        Random random = new Random(7);
        boolean faulted = true;
        for (int at = 0; faulted; at++) {
            prepare();
            FaultyDisk disk = new FaultyDisk(at, true);
            try {
                work(ranks.store("b", disk), fresh);
            } catch (FaultyDisk.Crash e) {
                assertThat(e).hasNoCause();
            }
            faulted = disk.faulted();
            if (random.nextBoolean()) {
                disk.powerFails(random);
            }
            checkAfterEnd(at, fresh);
        }
    }

    private void checkAfterEnd(int at, int fresh) throws IOException {
        ImageStore other = ranks.store("a");
        ImageStore store = ranks.store("b");
        store.cleanLeftovers();
        assertThat(store.numbers()).as("operation %s", at).isNotEmpty();
        List<Integer> second = all(COMMON, numbers(11, fresh));
        for (long number : store.numbers()) {
            Ranks.assertHas(store, number, number == 1 ? numbers(200, 20) : second);
        }
        Ranks.assertHas(other, 1, all(COMMON, numbers(200, 20)));
        store.collect(false);
        assertThat(store.collect(true)).isEqualTo(new ImageStore.Collected(0, 0));
        ranks.delete("a");
        for (long number : store.numbers()) {
            Ranks.assertHas(store, number, number == 1 ? numbers(200, 20) : second);
        }
        ranks.delete("b");
    }

    @Test
    void aFailureOfAnyOperationIsToldAndHarmsNoJob() throws IOException {
        boolean faulted = true;
        for (int at = 0; faulted; at++) {
            prepare();
            FaultyDisk disk = new FaultyDisk(at, false);
            IOException failure = null;
            try {
                work(ranks.store("b", disk), 4);
            } catch (IOException e) {
                failure = e;
            }
            faulted = disk.faulted();
            assertThat(failure != null).as("operation %s", at).isEqualTo(faulted);
            checkAfterEnd(at, 4);
        }
    }

    @Test
    void randomHistoriesOfThreeJobsLeaveEachItsImagesAndNothingElse() throws IOException {
        for (long seed = 2; seed <= 3; seed++) {
            RankModel model = new RankModel(ranks, seed);
            for (int step = 0; step < 120; step++) {
                try {
                    model.step();
                    if (step % 10 == 0) {
                        model.check();
                    }
                } catch (IOException | AssertionError e) {
                    throw new AssertionError("seed " + seed + ", step " + step, e);
                }
            }
            model.removeAll();
            assertThat(ranks.diskBytes()).as("seed %s", seed).isZero();
        }
    }

    @Test
    void anotherJobsDamageIsNamedWhereItIsThisJobsToo() throws IOException {
        Ranks.commit(ranks.store("a"), COMMON);
        ImageStore second = ranks.store("b");
        Ranks.commit(second, COMMON);
        Path pack = ranks.images("a").resolve("packs/1-device.pack");
        byte[] bytes = Files.readAllBytes(pack);
        bytes[5000] ^= 1;
        Files.write(pack, bytes);
        assertThatThrownBy(() -> Ranks.assertHas(second, 1, COMMON))
                .isInstanceOf(CorruptImageException.class)
                .hasMessageContaining(ranks.images("b").resolve("packs") + "/1-linked-");
        assertThatThrownBy(() -> second.read(7)).isInstanceOf(NoSuchFileException.class);
    }
}
