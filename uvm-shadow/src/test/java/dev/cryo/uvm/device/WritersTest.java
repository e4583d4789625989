package dev.cryo.uvm.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.uvm.Span;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class WritersTest {
    private static final Span PAGE = new Span(0x10000, 0x1000);

    private final Writers writers = new Writers();
    private final Region region = new Region(new Span(0x10000, 0x10000));
    private final CompletableFuture<Object> work = new CompletableFuture<>();

    @Test
    void workIsOutstandingUntilItHasEnded() {
        writers.add(1, Reach.ALL, work);
        assertThat(writers.of(region, PAGE)).hasSize(1);

        work.completeExceptionally(new IllegalStateException("kernel fault"));
        assertThat(writers.of(region, PAGE)).isEmpty();
    }

    @Test
    void workReachesTheRangesItNamesOnly() {
        writers.add(1, Reach.of(new Span(0x10ff8, 8)), work);

        assertThat(writers.of(region, PAGE)).hasSize(1);
        assertThat(writers.of(region, new Span(0x11000, 0x1000))).isEmpty();
    }

    @Test
    void workThatAStreamWasGivenLaterIsNotWaitedFor() {
        CompletableFuture<Object> later = new CompletableFuture<>();
        writers.add(1, Reach.of(PAGE), work);
        writers.add(1, Reach.of(new Span(0x13000, 8)), later);
        assertThat(writers.of(region, PAGE).getFirst()).isSameAs(work);

        work.complete(null);
        assertThat(writers.of(region, PAGE)).isEmpty();
        assertThat(writers.of(region, new Span(0x13000, 8))).hasSize(1);
    }

    @Test
    void theLastWorkOfAStreamThatReachesAPageStandsForAllBefore() {
        CompletableFuture<Object> later = new CompletableFuture<>();
        writers.add(1, Reach.of(PAGE), work);
        writers.add(1, Reach.of(new Span(0x13000, 8)), work);
        writers.add(1, Reach.of(PAGE), later);

        assertThat(writers.of(region, PAGE).getFirst()).isSameAs(later);
        work.complete(null);
        assertThat(writers.of(region, PAGE)).hasSize(1);
    }

    @Test
    void whatWorkReachedBeforeAnAttachmentIsNotReachedByTheNext() {
        CompletableFuture<Object> later = new CompletableFuture<>();
        writers.add(1, Reach.ALL, work);
        writers.pin(region);
        region.attachment(new Attachment.Single(2));
        writers.add(1, Reach.ALL, later);
        assertThat(writers.of(region, PAGE).getFirst()).isSameAs(work);

        work.complete(null);
        assertThat(writers.of(region, PAGE)).isEmpty();
    }

    @Test
    void workThatReachesAllReachesWhatItsStreamSees() {
        writers.add(1, Reach.ALL, work);
        region.attachment(new Attachment.Single(2));
        assertThat(writers.of(region, PAGE)).isEmpty();

        region.attachment(new Attachment.Single(1));
        writers.pin(region);
        region.attachment(new Attachment.Host());
        assertThat(writers.of(region, PAGE)).hasSize(1);
    }
}
