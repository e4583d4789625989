package dev.cryo.benchmarks.bench.gpu;

import dev.cryo.benchmarks.bench.measure.Size;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is measured, and with what.
 *
 * @param device what {@code launch --device} is given
 * @param host what {@code launch --host} is given where there are checkpoints
 * @param natives the folder of JCuda's natives; null where there are none
 * @param launchOptions the options that {@code launch} knows
 * @param sizes of memory, ascending
 * @param runs of each application, at most
 * @param epochs of a training
 * @param streamRounds of {@code SimpleStreams}
 * @param launches of {@code EmptyKernels}
 * @param python the program
 */
record Setup(
        String device,
        String host,
        @Nullable Path natives,
        Set<String> launchOptions,
        List<Size> sizes,
        int runs,
        int epochs,
        int streamRounds,
        int launches,
        String python) {
    /** The whole process is saved. */
    static final String CRIU = "criu";

    private static final Size LARGEST_OFTEN = new Size(8 << 10);

    Setup {
        launchOptions = Set.copyOf(launchOptions);
        sizes = sizes.stream().sorted().toList();
    }

    boolean nvidia() {
        return device.equals("nvidia");
    }

    boolean hasPlain() {
        return !nvidia() || natives != null;
    }

    /** Why a restart would begin anew; empty if it goes on where the image was taken. */
    Optional<String> restartsAnew() {
        return host.equals(CRIU)
                ? Optional.empty()
                : Optional.of("with --host " + host + " an application that saves nothing itself begins anew");
    }

    /** The largest size that is not larger than 8 GiB; else the smallest. */
    Size moderate() {
        return sizes.stream()
                .filter(size -> size.compareTo(LARGEST_OFTEN) <= 0)
                .reduce((before, after) -> after)
                .orElse(sizes.getFirst());
    }
}
