# shellcheck shell=bash
#
# What the script of a checkout and that of a kit have in common: the start of the command line, quick starts, and the
# closing line of the tests. Whoever sources it has set:
#
#   java      the program that runs cryo
#   dist      the folder of cryo's own parts: lib/ and agent/; the start caches are beside them
#   examples  the folder of the jars of the example applications, with the commands demo and bench
#   state     a folder for what is only needed while something is made
#
# shellcheck disable=SC2154

# What the JVM of a command has ready at its start; the proxy's is beside it.
start_cache() { printf '%s\n' "$dist/command.aot"; }

say() { printf 'cryo: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

# The options of every JVM that runs the command line. What the JVM itself prints, such as the stacks of its threads on
# SIGQUIT, must not come between what an application prints. What runs a few thousand times is not worth the time of the
# optimizing compiler, which a restart needs, nor is a method that is called once by reflection worth a class made for it.
# Messages are in English: what other languages write dates with need not be read.
command_line() {
    printf '%s\n' -XX:+UseSerialGC -XX:+DisplayVMOutputToStderr -XX:CompileThresholdScaling=6 \
        --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
        -Djdk.reflect.useNativeAccessorOnly=true -Dio.netty.jfr.enabled=false \
        -Djava.locale.providers=SPI "-Dcryo.dist=$dist" \
        -cp "$dist/lib/*:$examples/*"
}

# Has the JVMs of cryo record what they load and run: their next starts take half the time. A cache that does not fit is
# not used, and nothing depends on it.
prepare_starts() {
    local options
    say "preparing quick starts ..."
    mapfile -t options < <(command_line)
    "$java" "${options[@]}" dev.cryo.benchmarks.starts.StartRecording >"$state/start.log" 2>&1 ||
        say "starts will be slower: the training failed, see $state/start.log"
}

# Becomes the JVM of a command.
run_command_line() {
    local options
    mapfile -t options < <(command_line)
    if [[ -f $(start_cache) ]]; then
        options+=("-XX:AOTCache=$(start_cache)" "-Xlog:aot=off,cds=off")
    fi
    exec "$java" "${options[@]}" dev.cryo.proxy.cli.Cryo "$@"
}

# Sums the test reports in the folders that follow, tells why tests were skipped, and prints the closing line; fails
# when a test failed or none passed. $1 is the number of test JVMs that died: they leave no report of the test that
# they died in.
sum_reports() {
    local crashes=$1 reports
    shift
    mapfile -d '' reports < <(find "$@" -name 'TEST-*.xml' -print0 2>/dev/null)
    # A reason is an attribute in the reports of Maven, the text of the element in those of JUnit's console.
    awk -v failed="$crashes" '
        function number(name) {
            return match($0, " " name "=\"[0-9]+\"") ? substr($0, RSTART + length(name) + 3, RLENGTH) + 0 : 0
        }
        function reason(text) {
            sub(/^parent was skipped: /, "", text)
            gsub(/&apos;/, "\047", text); gsub(/&quot;/, "\"", text)
            gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&amp;/, "\\&", text)
            reasons[text]++
        }
        FNR == 1 { summed = 0 }
        /<testsuite / && !summed {
            summed = 1
            bad = number("failures") + number("errors")
            skipped += number("skipped")
            passed += number("tests") - bad - number("skipped")
            failed += bad
        }
        match($0, /<skipped message="[^"]*"/) { reason(substr($0, RSTART + 18, RLENGTH - 19)) }
        match($0, /<skipped><!\[CDATA\[[^\]]*/) { reason(substr($0, RSTART + 18, RLENGTH - 18)) }
        END {
            for (text in reasons) printf "skipped %d: %s\n", reasons[text], text
            if (passed == 0 && failed == 0) print "cryo: no test passed, and a run in which none passed has failed"
            printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
            exit (failed > 0 || passed == 0)
        }' /dev/null ${reports[@]+"${reports[@]}"}
}
