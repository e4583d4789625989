package dev.cryo.proxy.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.proxy.host.PagesImage.Run;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class AbsentPagesTest {
    private static final long PAGE = AbsentPages.PAGE_BYTES;
    private static final int BLOCK = (int) (8 * PAGE);
    private static final int SPACE = 200;

    /** Where the contents of each absent page lie. */
    private final Map<Long, Long> model = new TreeMap<>();

    private AbsentPages random(Random random) {
        List<Run> runs = new ArrayList<>();
        long address = random.nextInt(4);
        long offset = random.nextInt(4);
        while (address < SPACE / 2) {
            long pages = 1 + random.nextInt(20);
            runs.add(new Run(address * PAGE, pages * PAGE, "a", offset * PAGE));
            for (long page = 0; page < pages; page++) {
                model.put(address + page, offset + page);
            }
            address += pages + random.nextInt(3);
            offset += pages + random.nextInt(2);
        }
        return new AbsentPages(runs, BLOCK);
    }

    private void assertSame(AbsentPages absent) {
        for (long page = 0; page < 2 * SPACE; page++) {
            Optional<Run> run = absent.at(page * PAGE + 17);
            long address = page * PAGE;
            assertThat(run.map(found -> (found.offset() + address - found.address()) / PAGE))
                    .as("page %d", page)
                    .isEqualTo(Optional.ofNullable(model.get(page)));
        }
        assertThat(absent.bytes()).isEqualTo(model.size() * PAGE);
        assertThat(absent.isEmpty()).isEqualTo(model.isEmpty());
    }

    @Test
    void anyRemovalsAndMovesLeaveWhatAMapOfSinglePagesHas() {
        long seed = System.nanoTime();
        System.out.println("AbsentPagesTest seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            model.clear();
            AbsentPages absent = random(random);
            for (int step = 0; step < 12; step++) {
                long from = random.nextInt(SPACE / 2);
                long pages = 1 + random.nextInt(30);
                if (random.nextInt(4) > 0) {
                    absent.remove(from * PAGE, (from + pages) * PAGE);
                    model.keySet().removeIf(page -> page >= from && page < from + pages);
                } else {
                    long to = SPACE + random.nextInt(SPACE / 2);
                    absent.move(from * PAGE, to * PAGE, pages * PAGE);
                    Map<Long, Long> moved = new TreeMap<>(model);
                    moved.keySet().removeIf(page -> page < from || page >= from + pages);
                    model.keySet().removeIf(page -> page >= from && page < from + pages);
                    model.keySet().removeIf(page -> page >= to && page < to + pages);
                    moved.forEach((page, offset) -> model.put(page - from + to, offset));
                }
                assertSame(absent);
            }
            assertSame(absent.copy());
        }
    }

    @Test
    void whatLiesInTheSameBlockComesWithAPageAndTheOthersDoNot() {
        AbsentPages absent = new AbsentPages(
                List.of(
                        new Run(100 * PAGE, 3 * PAGE, "a", 2 * PAGE),
                        new Run(110 * PAGE, 2 * PAGE, "a", 5 * PAGE),
                        new Run(120 * PAGE, 20 * PAGE, "a", 7 * PAGE),
                        new Run(150 * PAGE, PAGE, "b", 0)),
                BLOCK);
        assertThat(absent.withItsBlock(111 * PAGE))
                .containsExactly(
                        new Run(110 * PAGE, 2 * PAGE, "a", 5 * PAGE),
                        new Run(100 * PAGE, 3 * PAGE, "a", 2 * PAGE),
                        new Run(120 * PAGE, PAGE, "a", 7 * PAGE));
        assertThat(absent.withItsBlock(125 * PAGE)).containsExactly(new Run(121 * PAGE, 8 * PAGE, "a", 8 * PAGE));
        assertThat(absent.next(141 * PAGE, 149 * PAGE)).isEqualTo(149 * PAGE);
        assertThat(absent.next(141 * PAGE, 200 * PAGE)).isEqualTo(150 * PAGE);
    }
}
