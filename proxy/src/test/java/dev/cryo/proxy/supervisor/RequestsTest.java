package dev.cryo.proxy.supervisor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestsTest {
    private final List<String> done = new ArrayList<>();
    private final Requests<String> requests = new Requests<>();

    private boolean ask(String what) {
        return requests.ask(who -> done.add(who + " " + what));
    }

    @Test
    void whatIsPresentIsAskedAtOnce() {
        requests.present("one");

        assertThat(ask("a")).isTrue();
        assertThat(done).containsExactly("one a");
        assertThat(requests.to()).contains("one");
    }

    @Test
    void requestsWaitForSomethingToBePresentAndKeepTheirOrder() {
        assertThat(ask("a")).isFalse();
        assertThat(ask("b")).isFalse();
        assertThat(done).isEmpty();

        requests.present("one");
        ask("c");

        assertThat(done).containsExactly("one a", "one b", "one c");
    }

    @Test
    void requestsBetweenTwoAreForTheSecondAndDoneOnce() {
        requests.present("one");
        requests.absent();
        assertThat(requests.to()).isEmpty();
        ask("a");

        requests.present("two");
        requests.present("two");

        assertThat(done).containsExactly("two a");
    }
}
