package dev.cryo.proxy.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Turns the errors in CRIU's log into sentences that say what stands in the way and what to do.
 *
 * <p>The lines are those of CRIU 4.1 and 4.2. A line that is not known here is passed on as it is.
 */
final class CriuLog {
    private static final Pattern ERROR = Pattern.compile("(?:\\([\\d.]+\\) +)?(?:\\d+: )?Error \\([^)]*\\): (.*)");
    private static final Pattern DESCRIPTOR = Pattern.compile("(\\d+) fdinfo (\\d+):");
    private static final int UNKNOWN_SHOWN = 3;

    /** CRIU raises its own limits where it may; where it may not, it goes on. And: what only follows from others. */
    private static final Pattern NO_REASON = Pattern.compile("rlimit: |Dump files \\(pid: \\d+\\) failed"
            + "|Dumping FAILED|Restoring FAILED|Can't get \\d+:\\d+ opt|Unable to kill");

    private static final String CLOSE_IT = "; close it before the checkpoint in an org.crac resource";

    private record Rule(Pattern pattern, Function<MatchResult, String> sentence) {
        static Rule of(String pattern, Function<MatchResult, String> sentence) {
            return new Rule(Pattern.compile(pattern), sentence);
        }
    }

    private static final List<Rule> RULES = List.of(
            Rule.of("Can't dump half of stream unix connection|External socket is used",
                    m -> "a unix socket is connected to a process outside of the application%s" + CLOSE_IT),
            Rule.of("Connected TCP socket",
                    m -> "a TCP connection is open%s" + CLOSE_IT + ", or launch with --tcp close"),
            Rule.of("Can't dump file \\d+ of that type \\[\\w+\\] \\((.*)\\)",
                    m -> "a device or file that cannot be saved (" + m.group(1) + ") is open%s" + CLOSE_IT),
            Rule.of("Can't handle non-regular mapping on (\\d+)'s map (\\w+)",
                    m -> "process " + m.group(1) + " has something mapped at 0x" + m.group(2)
                            + " that cannot be saved, such as the memory of a device"),
            Rule.of("Can't dump ghost file (.*) of (\\d+) size",
                    m -> "the file " + m.group(1) + " is deleted but open, and its " + m.group(2)
                            + " bytes are more than an image takes; close it or keep it"),
            Rule.of("Can't create link remap for (\\S+)",
                    m -> "the file " + m.group(1) + " is deleted under this name but open, and has another name left; "
                            + "close it before the checkpoint"),
            Rule.of("No space left on device|Can't write .*ENOSPC",
                    m -> "no space is left where the image is written; make room in that file system"),
            Rule.of("Some file locks are hold", m -> "a file lock is held%s; release it before the checkpoint"),
            Rule.of("can't seize task|Unable to seize|ptrace.*Operation not permitted|SEIZE (\\d+)",
                    m -> "the process is traced by another program; end the debugger, strace or profiler"),
            Rule.of("Timeout reached",
                    m -> "a thread could not be stopped in time (a call into a hanging disk or driver?); try again"),
            Rule.of("File (\\S+) has bad size (\\d+) \\(expect (\\d+)\\)",
                    m -> "the file " + m.group(1) + " has " + m.group(2) + " bytes and had " + m.group(3)
                            + " at the checkpoint; put back the file of then"),
            Rule.of("File (\\S+) has bad (build-ID|checksum|mode).*",
                    m -> "the file " + m.group(1) + " is another than at the checkpoint; put back the file of then"),
            Rule.of("Can't open file (\\S+) on restore|Can't open (/\\S+).*: No such file",
                    m -> "the file " + (m.group(1) != null ? m.group(1) : m.group(2)) + " is gone; put it back"),
            Rule.of("Can't fork for (\\d+): File exists|Pid (\\d+) do not match expected",
                    m -> "the process id of the application is in use; it was not started in a namespace of its own"),
            Rule.of("Can't bind (?:inet )?socket|inet: Can't bind.*: (.*)",
                    m -> "an address that the application listened on is in use; end the program that listens there"),
            Rule.of("Can't find sysv|xsave|cpuinfo|CPU capabilities",
                    m -> "this processor is not like the one that the image was taken on: " + m.group()));

    private CriuLog() {}

    /** The reasons in a log; at least one. */
    static List<String> reasons(Path log, String otherwise) throws IOException {
        if (!Files.exists(log)) {
            return List.of(otherwise);
        }
        return reasons(List.of(Files.readString(log, StandardCharsets.ISO_8859_1).split("\n")), otherwise);
    }

    static List<String> reasons(List<String> log, String otherwise) {
        Set<String> known = new LinkedHashSet<>();
        List<String> unknown = new ArrayList<>();
        String descriptor = "";
        for (String line : log) {
            Matcher at = DESCRIPTOR.matcher(line);
            if (at.find()) {
                descriptor = " (process " + at.group(1) + ", descriptor " + at.group(2) + target(at) + ")";
            }
            Matcher error = ERROR.matcher(line);
            if (error.matches() && !NO_REASON.matcher(error.group(1)).find()) {
                translate(error.group(1), descriptor).ifPresentOrElse(known::add, () -> unknown.add(error.group(1)));
            }
        }
        if (!known.isEmpty()) {
            return List.copyOf(known);
        }
        if (!unknown.isEmpty()) {
            return unknown.stream().distinct().limit(UNKNOWN_SHOWN).map(text -> "CRIU says: " + text).toList();
        }
        String last = log.stream().anyMatch(line -> line.contains("Dump files")) ? " at" + descriptor : "";
        return List.of(otherwise + last);
    }

    private static Optional<String> translate(String error, String descriptor) {
        for (Rule rule : RULES) {
            Matcher matcher = rule.pattern.matcher(error);
            if (matcher.find()) {
                return Optional.of(rule.sentence.apply(matcher.toMatchResult()).replace("%s", descriptor));
            }
        }
        return Optional.empty();
    }

    /** What the descriptor refers to, while the application still has it. */
    private static String target(Matcher at) {
        try {
            return ": " + Files.readSymbolicLink(Path.of("/proc/" + at.group(1) + "/fd/" + at.group(2)));
        } catch (IOException e) {
            // Closed meanwhile, or a log of long ago.
            return "";
        }
    }
}
