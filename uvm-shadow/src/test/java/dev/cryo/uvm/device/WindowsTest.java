package dev.cryo.uvm.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WindowsTest {
    private final Windows windows = new Windows();

    private int fault(int page) {
        int pages = windows.open(page);
        windows.expect(page + pages);
        return pages;
    }

    @Test
    void aWalkGrowsTo2MiB() {
        int[] page = {100};
        int[] sizes = IntStream.range(0, 7)
                .map(i -> {
                    int pages = fault(page[0]);
                    page[0] += pages;
                    return pages;
                })
                .toArray();

        assertThat(sizes).containsExactly(1, 4, 16, 64, 256, 512, 512);
    }

    @Test
    void scatteredFaultsBringOnePageEach() {
        for (int page = 0; page < 1000; page += 37) {
            assertThat(fault(page)).isEqualTo(1);
        }
    }

    @Test
    void severalWalksGrowSideBySide() {
        int[] pages = {0, 10_000, 20_000, 30_000};
        for (int round = 0; round < 4; round++) {
            for (int walk = 0; walk < pages.length; walk++) {
                int size = fault(pages[walk]);
                pages[walk] += size;
                assertThat(size).isEqualTo(1 << 2 * round);
            }
        }
    }
}
