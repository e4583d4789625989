package dev.cryo.streamlog.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WrittenPagesTest {
    private static final long AT = 0x3000_0000_0000L;
    private static final int PAGES = 5 * 512;
    private static final long BYTES = PAGES * VirtualMemory.PAGE_BYTES;

    private WrittenPages watch;

    @BeforeEach
    void open() throws LinuxException {
        Optional<WrittenPages> opened = WrittenPages.open();
        assumeTrue(opened.isPresent(), "this kernel does not tell which pages were written, or does not permit it");
        watch = opened.get();
        VirtualMemory.reserve(AT, BYTES);
        VirtualMemory.commit(AT, BYTES);
        watch.watch(AT, BYTES);
    }

    @AfterEach
    void close() throws LinuxException {
        watch.close();
        VirtualMemory.unmap(AT, BYTES);
    }

    private static void write(int page) {
        VirtualMemory.at(AT, BYTES).set(ValueLayout.JAVA_BYTE, page * VirtualMemory.PAGE_BYTES + page % 4096, (byte) 1);
    }

    private BitSet taken() throws LinuxException {
        BitSet pages = new BitSet();
        watch.take(AT, BYTES, (address, bytes) -> pages.set(
                (int) ((address - AT) / VirtualMemory.PAGE_BYTES),
                (int) ((address + bytes - AT) / VirtualMemory.PAGE_BYTES)));
        return pages;
    }

    @Test
    void whatWasWrittenBeforeTheFirstLookIsTold() throws LinuxException {
        write(3);
        write(PAGES - 1);
        BitSet first = taken();
        assertThat(first.get(3)).isTrue();
        assertThat(first.get(PAGES - 1)).isTrue();
    }

    @Test
    void eachWriteIsToldOnce() throws LinuxException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        VirtualMemory.at(AT, BYTES).fill((byte) 7);
        assertThat(taken().cardinality()).isEqualTo(PAGES);
        for (int round = 0; round < 50; round++) {
            BitSet expected = new BitSet();
            for (int i = random.nextInt(40); i > 0; i--) {
                int page = random.nextInt(PAGES);
                write(page);
                expected.set(page);
            }
            BitSet told = taken();
            // Huge pages are told as wholes; what is told more is only written again for nothing.
            expected.andNot(told);
            assertThat(expected.isEmpty()).as("seed %s, round %s: %s not told", seed, round, expected).isTrue();
            assertThat(taken().isEmpty()).as("seed %s, round %s", seed, round).isTrue();
        }
    }

    @Test
    void readingIsNoWriting() throws LinuxException {
        VirtualMemory.at(AT, BYTES).fill((byte) 7);
        assertThat(taken().isEmpty()).isFalse();
        long sum = 0;
        for (long at = 0; at < BYTES; at += 64) {
            sum += VirtualMemory.at(AT, BYTES).get(ValueLayout.JAVA_BYTE, at);
        }
        assertThat(sum).isEqualTo(BYTES / 64 * 7);
        assertThat(taken().isEmpty()).isTrue();
    }

    @Test
    void pagesOfFreshMemoryInTheSamePlaceAreTold() throws LinuxException {
        VirtualMemory.at(AT, BYTES).fill((byte) 7);
        assertThat(taken().isEmpty()).isFalse();
        VirtualMemory.decommit(AT, 2 << 20);
        VirtualMemory.commit(AT, 2 << 20);
        watch.watch(AT, 2 << 20);
        write(1);
        assertThat(taken().get(1)).isTrue();
    }

    @Test
    void moreRunsThanFitOneLookAreAllTold() throws LinuxException {
        long large = 64L << 20;
        long at = AT + (1L << 32);
        VirtualMemory.reserve(at, large);
        VirtualMemory.commit(at, large);
        watch.watch(at, large);
        VirtualMemory.at(at, large).fill((byte) 1);
        watch.take(at, large, (address, bytes) -> {});
        int written = 0;
        for (long page = 0; page < large; page += 2 * VirtualMemory.PAGE_BYTES, written++) {
            VirtualMemory.at(at, large).set(ValueLayout.JAVA_BYTE, page, (byte) 2);
        }
        long[] told = {0};
        watch.take(at, large, (address, bytes) -> told[0] += bytes);
        assertThat(told[0]).isGreaterThanOrEqualTo(written * VirtualMemory.PAGE_BYTES);
        assertThat(written).isGreaterThan(4096);
        VirtualMemory.unmap(at, large);
    }
}
