package dev.cryo.uvm.device;

import dev.cryo.uvm.Span;
import java.util.List;

/** Which unified memory a piece of device work may touch. */
public sealed interface Reach {
    /** None. */
    Reach NOTHING = new Only(List.of());

    /** All that is visible to the work's stream. */
    Reach ALL = new All();

    /** All that is visible to the work's stream. */
    record All() implements Reach {}

    /** Ranges of addresses; what is not unified memory in them does not matter. */
    record Only(List<Span> spans) implements Reach {
        public Only {
            spans = List.copyOf(spans);
        }
    }

    /** One range. */
    static Reach of(Span span) {
        return new Only(List.of(span));
    }
}
