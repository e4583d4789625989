package dev.cryo.streamlog.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Three jobs that share blocks, by chance, and the images that each should have. */
final class RankModel {
    private final Ranks ranks;
    private final Random random;
    private final List<Rank> all = Stream.of("a", "b", "c").map(name -> new Rank(name, new TreeMap<>())).toList();

    /** A job and its images: the numbers of their blocks. */
    private record Rank(String name, TreeMap<Long, List<Integer>> images) {}

    RankModel(Ranks ranks, long seed) {
        this.ranks = ranks;
        this.random = new Random(seed);
    }

    /** Some of a few blocks, so that much is common, in runs as memory has them. */
    private List<Integer> blocks() {
        List<Integer> blocks = new ArrayList<>();
        for (int run = 0; run < 3; run++) {
            int from = 100 + random.nextInt(60);
            IntStream.range(from, from + 1 + random.nextInt(12)).forEach(blocks::add);
        }
        return blocks;
    }

    void step() throws IOException {
        Rank rank = all.get(random.nextInt(all.size()));
        int dice = random.nextInt(60);
        if (dice < 24) {
            List<Integer> blocks = blocks();
            rank.images().put(Ranks.commit(ranks.store(rank.name()), blocks), blocks);
        } else if (dice < 38) {
            remove(rank);
        } else if (dice < 51) {
            collect(rank);
        } else if (dice < 59) {
            crash(rank);
        } else {
            ranks.delete(rank.name());
            rank.images().clear();
        }
    }

    private void remove(Rank rank) throws IOException {
        if (!rank.images().isEmpty()) {
            long number = List.copyOf(rank.images().keySet()).get(random.nextInt(rank.images().size()));
            rank.images().remove(number);
            ranks.store(rank.name()).remove(number);
        }
    }

    /** Until there is nothing more to do: a link that is made can make others needless, but not for long. */
    private void collect(Rank rank) throws IOException {
        int rounds = 0;
        while (collectOnce(rank).packs() > 0) {
            assertThat(++rounds).isLessThan(4);
        }
    }

    private ImageStore.Collected collectOnce(Rank rank) throws IOException {
        ImageStore store = ranks.store(rank.name());
        long before = ranks.diskBytes();
        ImageStore.Collected told = store.collect(true);
        assertThat(ranks.diskBytes()).isEqualTo(before);
        assertThat(store.collect(false)).isEqualTo(told);
        assertThat(before - ranks.diskBytes()).isEqualTo(told.bytes());
        return told;
    }

    private void crash(Rank rank) throws IOException {
        FaultyDisk disk = new FaultyDisk(random.nextInt(30), true);
        ImageStore store = ranks.store(rank.name(), disk);
        List<Integer> blocks = blocks();
        long next = store.lastNumber() + 1;
        try {
            Ranks.commit(store, blocks);
            store.collect(false);
        } catch (FaultyDisk.Crash e) {
            disk.powerFails(random);
        }
        ranks.store(rank.name()).cleanLeftovers();
        if (ranks.store(rank.name()).numbers().contains(next)) {
            rank.images().put(next, blocks);
        }
    }

    /** Compares all images of all jobs, byte for byte. */
    void check() throws IOException {
        for (Rank rank : all) {
            ImageStore store = ranks.store(rank.name());
            assertThat(store.numbers()).containsExactlyElementsOf(rank.images().keySet());
            for (long number : store.numbers()) {
                Ranks.assertHas(store, number, rank.images().getOrDefault(number, List.of()));
            }
        }
    }

    /** Removes all images and gives their room back. */
    void removeAll() throws IOException {
        for (Rank rank : all) {
            ImageStore store = ranks.store(rank.name());
            for (long number : store.numbers()) {
                store.remove(number);
            }
            store.collect(false);
        }
    }
}
