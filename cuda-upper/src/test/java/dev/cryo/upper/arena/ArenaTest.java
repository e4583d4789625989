package dev.cryo.upper.arena;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ArenaTest {
    private static final long BASE = 0x1000_0000_0000L;
    private static final long SLAB = Arena.SLAB_BYTES;
    private static final String OWNER = "owner";

    private final Arena<String> arena = Arena.sharing(BASE, 64 * SLAB, 16 * SLAB);

    private Block<String> take(long bytes) {
        return Objects.requireNonNull(arena.allocate(bytes, OWNER));
    }

    @Test
    void smallBlocksShareASlab() {
        assertThat(take(1).address()).isEqualTo(BASE);
        assertThat(take(257).address()).isEqualTo(BASE + 256);
        assertThat(take(SLAB / 2).address()).isEqualTo(BASE + 768);
        assertThat(arena.usedBytes()).isEqualTo(SLAB);
    }

    @Test
    void largeBlocksTakeWholeSlabs() {
        assertThat(take(1).address()).isEqualTo(BASE);
        assertThat(take(SLAB + 1).address()).isEqualTo(BASE + SLAB);
        assertThat(take(SLAB).address()).isEqualTo(BASE + 3 * SLAB);
        assertThat(arena.usedBytes()).isEqualTo(4 * SLAB);
    }

    @Test
    void whatIsFreedIsJoinedAndReused() {
        Block<String> first = take(3 * SLAB);
        Block<String> second = take(2 * SLAB);
        take(SLAB);
        assertThat(arena.free(first)).isTrue();
        assertThat(arena.free(second)).isTrue();
        assertThat(take(5 * SLAB).address()).isEqualTo(BASE);
    }

    @Test
    void aSlabWithoutBlocksIsGivenBack() {
        Block<String> small = take(100);
        assertThat(arena.free(small)).isTrue();
        assertThat(arena.usedBytes()).isZero();
        assertThat(arena.find(small.address())).isNull();
    }

    @Test
    void noMoreThanTheCapacityIsHandedOut() {
        take(15 * SLAB);
        assertThat(arena.allocate(2 * SLAB, OWNER)).isNull();
        assertThat(arena.allocate(Long.MAX_VALUE, OWNER)).isNull();
        take(1);
        assertThat(arena.allocate(SLAB, OWNER)).isNull();
        take(SLAB / 2);
    }

    @Test
    void aBlockIsFreedOnce() {
        Block<String> block = take(1000);
        assertThat(arena.free(block)).isTrue();
        assertThat(arena.free(block)).isFalse();
        take(1000);
        assertThat(arena.free(block)).isFalse();
    }

    @Test
    void paddingBelongsToNoBlock() {
        Block<String> block = take(1000);
        assertThat(arena.find(block.address() + 999)).isSameAs(block);
        assertThat(arena.find(block.address() + 1000)).isNull();
        assertThat(arena.find(BASE - 1)).isNull();
        assertThat(arena.find(BASE + 64 * SLAB)).isNull();
    }

    @Test
    void blocksOfAnEarlierProcessAreTakenOverWhereTheyWere() {
        arena.allocateAt(BASE + 512, 1000, OWNER);
        arena.allocateAt(BASE + 2 * SLAB, 3 * SLAB, OWNER);
        assertThat(take(512).address()).isEqualTo(BASE);
        assertThat(take(SLAB).address()).isEqualTo(BASE + SLAB);
        assertThatThrownBy(() -> arena.allocateAt(BASE + 1024, 10, OWNER)).hasMessageContaining("are not free");
        assertThatThrownBy(() -> arena.allocateAt(BASE + 4 * SLAB, SLAB, OWNER)).hasMessageContaining("are not free");
        assertThatThrownBy(() -> arena.allocateAt(1, 10, OWNER)).hasMessageContaining("are not free");
    }

    @Test
    void allOfAnOwnerIsFreedAtOnce() {
        Block<String> kept = Objects.requireNonNull(arena.allocate(100, "another"));
        take(100);
        take(5 * SLAB);
        arena.freeAll(OWNER);
        assertThat(arena.live()).containsExactly(kept);
    }

    @Test
    void aPlaceThatIsTakenIsNeverHandedOutAgain() {
        arena.exclude(take(100), 4);
        assertThat(arena.usedBytes()).isZero();
        assertThat(arena.find(BASE)).isNull();
        assertThat(take(100).address()).isEqualTo(BASE + 4 * SLAB);
        Block<String> large = take(3 * SLAB);
        assertThat(large.address()).isEqualTo(BASE + 5 * SLAB);
        arena.exclude(large, 1);
        assertThat(take(12 * SLAB).address()).isEqualTo(BASE + 8 * SLAB);
        assertThat(arena.usedBytes()).isEqualTo(13 * SLAB);
    }

    @Test
    void blocksApartShareNothing() {
        Arena<String> apart = Arena.apart(BASE, 8 * SLAB);
        assertThat(Objects.requireNonNull(apart.allocate(1, OWNER)).address()).isEqualTo(BASE);
        assertThat(Objects.requireNonNull(apart.allocate(1, OWNER)).address()).isEqualTo(BASE + SLAB);
    }

    @Test
    void agreesWithANaiveModel() {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("ArenaTest.agreesWithANaiveModel seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        List<Block<String>> live = new ArrayList<>();
        for (int step = 0; step < 20_000; step++) {
            if (live.isEmpty() || random.nextInt(100) < 55) {
                long bytes = random.nextInt(4) == 0
                        ? random.nextLong(1, 4 * SLAB)
                        : random.nextLong(1, 1L << random.nextInt(4, 21));
                Block<String> block = arena.allocate(bytes, OWNER);
                long before = slabs(live);
                if (block == null) {
                    assertThat(before + (bytes + SLAB - 1) / SLAB).as("refused at step %d", step).isGreaterThan(8);
                } else {
                    check(live, block, bytes);
                    live.add(block);
                }
            } else {
                assertThat(arena.free(live.remove(random.nextInt(live.size())))).isTrue();
            }
            probe(live, BASE + random.nextLong(20 * SLAB));
        }
        assertThat(arena.live()).containsExactlyInAnyOrderElementsOf(live);
        live.forEach(arena::free);
        assertThat(arena.usedBytes()).isZero();
    }

    /** A lower bound of the slabs in use: the large blocks' own, and one if there are small ones. */
    private static long slabs(List<Block<String>> live) {
        return live.stream()
                        .filter(block -> block.bytes() > SLAB / 2)
                        .mapToLong(block -> (block.bytes() + SLAB - 1) / SLAB)
                        .sum()
                + (live.stream().mapToLong(block -> block.bytes() > SLAB / 2 ? 0 : block.bytes()).sum() + SLAB - 1)
                        / SLAB;
    }

    private static void check(List<Block<String>> live, Block<String> block, long bytes) {
        assertThat(block.bytes()).isEqualTo(bytes);
        assertThat(block.address() % Arena.ALIGNMENT).isZero();
        assertThat(block.address()).isGreaterThanOrEqualTo(BASE);
        assertThat(block.end()).isLessThanOrEqualTo(BASE + 64 * SLAB);
        for (Block<String> other : live) {
            assertThat(block.end() <= other.address() || other.end() <= block.address())
                    .as("%s and %s", block, other)
                    .isTrue();
        }
    }

    private void probe(List<Block<String>> live, long address) {
        @Nullable Block<String> expected = live.stream()
                .filter(block -> address >= block.address() && address < block.end())
                .findAny()
                .orElse(null);
        assertThat(arena.find(address)).isSameAs(expected);
    }
}
