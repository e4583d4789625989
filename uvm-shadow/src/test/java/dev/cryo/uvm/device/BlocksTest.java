package dev.cryo.uvm.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

class BlocksTest {
    private static final int PAGES = Blocks.PAGES;

    private final Blocks blocks = new Blocks(3 * PAGES);

    /** How often in a row a block is kept, up to 100 times. */
    private int kept(int present, IntUnaryOperator written) {
        for (int i = 0; i < 100; i++) {
            if (!blocks.isWorthKeeping(1, present, PAGES, written.applyAsInt(i))) {
                return i;
            }
        }
        return 100;
    }

    @Test
    void aBlockWithFewPagesIsNotKept() {
        assertThat(kept(PAGES / 2 - 1, i -> PAGES / 2 - 1)).isZero();
    }

    @Test
    void aBlockThatIsWrittenAsAWholeIsAlwaysKept() {
        assertThat(kept(PAGES, i -> PAGES)).isEqualTo(100);
    }

    @Test
    void aBlockThatMayBeReadIsTakenAwayNowAndThen() {
        assertThat(kept(PAGES, i -> 0)).isEqualTo(8);
        assertThat(kept(PAGES, i -> 0)).isEqualTo(8);
    }

    @Test
    void aBlockThatIsWrittenHereAndThereIsSoonTakenAway() {
        assertThat(kept(PAGES, i -> 3)).isEqualTo(2);
    }

    @Test
    void theFirstKeptPageOfARangeIsFound() {
        blocks.keep(1, new Turn(1, 0));

        assertThat(blocks.firstKept(3, 100)).isEqualTo(100);
        assertThat(blocks.firstKept(3, 2 * PAGES)).isEqualTo(PAGES);
        assertThat(blocks.firstKept(PAGES + 5, 2 * PAGES)).isEqualTo(PAGES + 5);
        assertThat(blocks.firstKept(2 * PAGES, 3 * PAGES)).isEqualTo(3 * PAGES);
    }
}
