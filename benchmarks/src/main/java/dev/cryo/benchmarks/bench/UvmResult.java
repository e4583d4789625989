package dev.cryo.benchmarks.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cryo.uvm.Policy;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code cryo bench uvm} measured; medians.
 *
 * @param fetch gigabytes a second, of the host reading a region that the device has written
 * @param faultMicros of the host reading a page here and there
 * @param flush gigabytes a second, of what the host has written going to the device
 * @param patterns the time of each pattern of access by policy
 * @param mib size of the region
 * @param runs how many runs of each policy there were
 */
record UvmResult(double fetch, double faultMicros, double flush, Map<Policy, Patterns> patterns, int mib, int runs) {

    /** Milliseconds that device and host take for one turn each. */
    record Patterns(double sparse, double dense, double linked) {}

    private Patterns of(Policy policy) {
        Patterns found = patterns.get(policy);
        if (found == null) {
            throw new IllegalStateException(policy + " was not measured");
        }
        return found;
    }

    /** How many times as fast as with whole regions. */
    double sparseSpeedup() {
        return of(Policy.REGIONS).sparse() / of(Policy.PAGES).sparse();
    }

    /** The time over that of the best policy. */
    double denseRatio() {
        return of(Policy.PAGES).dense()
                / Collections.min(patterns.values().stream().map(Patterns::dense).toList());
    }

    /** How many times as fast as with whole regions. */
    double linkedSpeedup() {
        return of(Policy.REGIONS).linked() / of(Policy.PAGES).linked();
    }

    /** One line. */
    String json() {
        ObjectNode json = new ObjectMapper().createObjectNode();
        json.put("seq_fetch_gbps", rounded(fetch));
        json.put("fault_us", rounded(faultMicros));
        json.put("flush_gbps", rounded(flush));
        json.put("sparse_speedup", rounded(sparseSpeedup()));
        json.put("dense_ratio", rounded(denseRatio()));
        json.put("linked_speedup", rounded(linkedSpeedup()));
        patterns.forEach((policy, each) -> {
            ObjectNode times = json.putObject(policy.name().toLowerCase(Locale.ROOT));
            times.put("sparse_ms", rounded(each.sparse()));
            times.put("dense_ms", rounded(each.dense()));
            times.put("linked_ms", rounded(each.linked()));
        });
        json.put("mib", mib);
        json.put("runs", runs);
        json.put("processors", Runtime.getRuntime().availableProcessors());
        return json.toString();
    }

    String text() {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                """
                sequential fetch %8.2f GB/s
                scattered fault  %8.2f us
                flush            %8.2f GB/s
                one turn of device and host, %d MiB     sparse     dense    linked
                """,
                fetch, faultMicros, flush, mib));
        patterns.forEach((policy, each) -> text.append(String.format(
                Locale.ROOT,
                "  %-31s %9.2f %9.2f %9.2f ms%n",
                policy.name().toLowerCase(Locale.ROOT), each.sparse(), each.dense(), each.linked())));
        return text
                + String.format(
                        Locale.ROOT,
                        """
                        pages: sparse %.1f and linked %.1f times as fast as regions, dense %.2f of the best's time
                        medians of %d runs""",
                        sparseSpeedup(), linkedSpeedup(), denseRatio(), runs);
    }

    private static double rounded(double value) {
        return Math.round(value * 1000) / 1000.0;
    }
}
