package dev.cryo.benchmarks.unified;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class ArgumentsTest {
    private static Arguments parse(String... words) throws Arguments.Wrong {
        return new Arguments().with("tasks", 24).with("seed", 1).parse(words);
    }

    @Test
    void whatTheCommandLineDoesNotSayIsTheDefault() throws Exception {
        Arguments arguments = parse("--seed", "-5");

        assertThat(arguments.number("seed")).isEqualTo(-5);
        assertThat(arguments.within("tasks", 1, 100)).isEqualTo(24);
    }

    @Test
    void whatIsWrongIsNamed() {
        assertWrong(() -> parse("tasks", "7"), "tasks is unknown; known, with defaults: --tasks 24 --seed 1");
        assertWrong(() -> parse("--tasks"), "--tasks lacks its value");
        assertWrong(() -> parse("--tasks", "many"), "--tasks takes a number, not many");
        assertWrong(() -> parse("--tasks", "7").within("tasks", 1, 6), "--tasks takes a number of 1 to 6, not 7");
    }

    private static void assertWrong(ThrowingCallable call, String message) {
        assertThatExceptionOfType(Arguments.Wrong.class).isThrownBy(call).withMessage(message);
    }
}
