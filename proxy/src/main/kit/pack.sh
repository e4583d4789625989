# shellcheck shell=bash
#
# Packs a kit: what carries cryo to a machine that has nothing installed, in one archive. Sourced by the checkout's
# script, whose functions and variables it uses. What is in a kit:
#
#   cryo, common.sh   the script
#   runtime/          a Java runtime of the modules that are needed
#   lib/, agent/      cryo's own parts
#   examples/         the example applications with JCuda's classes
#   tests/            the test classes of the modules, and JUnit's console
#   jcuda/            JCuda's own natives, for runs without cryo
#   criu/             CRIU with its libraries, for machines without one
#
# shellcheck disable=SC2154

# An archive has to be carried; a kit that outgrows this has taken in what it should not.
readonly kit_limit_mib=60

# Modules whose classes are needed though no class file says so: service providers, agents, and tools for diagnosis.
readonly kit_modules=(java.instrument java.logging java.management java.naming jdk.jcmd jdk.jfr jdk.management
    jdk.unsupported jdk.zipfs)

# Modules that libraries can use and do without: large, and with natives of their own.
readonly kit_without='java.desktop|java.sql|java.sql.rowset|jdk.compiler'

# Prints the modules that what is in the kit $1 needs, separated by commas.
kit_runtime_modules() {
    local kit=$1
    {
        "$jdk/bin/jdeps" --ignore-missing-deps --multi-release 25 --list-deps \
            "$kit"/lib/*.jar "$kit"/lib/s3/*.jar "$kit"/examples/*.jar "$kit"/tests/lib/*.jar "$kit"/tests/modules/* |
            sed -nE 's,^ *(java\.[a-z.]+|jdk\.[a-z.]+)(/.*)?$,\1,p'
        printf '%s\n' "${kit_modules[@]}"
    } | grep -vxE "$kit_without" | sort -u | paste -sd,
}

# Links the runtime. Its classes are not compressed one by one: the archive as a whole gets smaller so, and starts are
# quicker. The archive of shared classes is for heaps below 32 GiB; above, starts take longer.
kit_link_runtime() {
    local kit=$1 modules
    modules=$(kit_runtime_modules "$kit")
    [[ $modules == *java.base* ]] || fail "jdeps did not find the modules that are needed: '$modules'"
    "$jdk/bin/jlink" --add-modules "$modules" --strip-java-debug-attributes --no-man-pages --no-header-files \
        --vm server --compress zip-0 --generate-cds-archive --output "$kit/runtime" >"$state/jlink.log" 2>&1 || {
        cat "$state/jlink.log" >&2
        fail "jlink of $jdk could not link the modules $modules, see above"
    }
    rm -f "$kit/runtime/lib/server/classes_nocoops.jsa"
}

# Copies CRIU with the libraries that it loads, and their licences.
kit_copy_criu() {
    local from=$criu_home/root to=$1/criu/root libraries=usr/lib/x86_64-linux-gnu library document
    mkdir -p "$to/usr/sbin" "$to/$libraries"
    cp "$criu_home/criu" "$1/criu/"
    cp "$from/usr/sbin/criu" "$to/usr/sbin/"
    # The last one is loaded by the C library when a thread ends.
    for library in $("$from/$libraries/ld-linux-x86-64.so.2" --library-path "$from/$libraries" \
            --list "$from/usr/sbin/criu" | awk '/=>/ { print $3 }') "$from/$libraries/libgcc_s.so.1"; do
        cp -L "$library" "$to/$libraries/"
    done
    for document in "$from"/usr/share/doc/*/copyright; do
        install -D -m 644 "$document" "$to${document#"$from"}"
    done
    "$1/criu/criu" check >/dev/null 2>&1 || ((EUID != 0)) || fail "CRIU, as copied from $criu_home, fails its check"
}

# Packs the jars in folder $1 anew without compression: the archive as a whole gets smaller by more than a third of them.
kit_store_jars() {
    local jar work
    work=$(mktemp -d "$state/jars.XXXXXX")
    for jar in "$1"/*.jar; do
        rm -rf "$work/classes"
        mkdir "$work/classes"
        (cd "$work/classes" && "$jdk/bin/jar" --extract --file "$jar") &&
            "$jdk/bin/jar" --create --no-compress --no-manifest --file "$work/stored.jar" -C "$work/classes" . &&
            mv "$work/stored.jar" "$jar" || fail "cannot pack $jar anew"
    done
    rm -rf "$work"
}

# Fills the folder $1 with all that a kit has.
kit_fill() {
    local kit=$1 tests module
    mkdir -p "$kit/tests/modules"
    cp "$root/proxy/src/main/kit/cryo" "$root/proxy/src/main/kit/common.sh" "$root/LICENSE" "$kit/"
    cp "$root/proxy/src/main/kit/README.md" "$kit/"
    cp -r "$dist/lib" "$dist/agent" "$kit/"
    kit_store_jars "$kit/lib/s3"
    cp -r "$examples" "$kit/examples"
    # Those of proxy/s3-store need no GPU, but a server.
    for tests in "$root"/*/target/test-classes; do
        module=${tests#"$root/"}
        cp -r "$tests" "$kit/tests/modules/${module%%/*}"
    done
    maven -q -f "$root/proxy/src/main/kit/pom.xml" "-Dkit.folder=$kit" generate-resources >&2 \
        || fail "Maven could not fetch JUnit's console and JCuda's natives, see above"
    rm -rf "$kit/markers"
    if grep -rlE 'org/assertj/core/api/[A-Za-z0-9]*(Soft|Assum)' "$kit/tests/modules" >&2; then
        fail "the tests above use soft assertions or assumptions of AssertJ, which need Byte Buddy: a kit has none of it"
    fi
    kit_copy_criu "$kit"
    kit_link_runtime "$kit"
}

kit_require_criu() {
    local how="./cryo setup"
    [[ -x $criu_home/criu ]] && return
    if command -v criu >/dev/null && criu_works criu; then
        how="./cryo setup --own-criu"
    fi
    fail "a kit brings CRIU along, and there is none in $criu_home; run: $how"
}

pack_kit() {
    local output="$state/cryo-kit.tar.gz" check=no work bytes
    while (($# > 0)); do
        case $1 in
            --check) check=yes; shift ;;
            --output) output=${2:?cryo: kit: --output needs a file}; shift 2 ;;
            --output=*) output=${1#--output=}; shift ;;
            *) fail "kit: $1 is not known; it takes --output FILE and --check" ;;
        esac
    done
    kit_require_criu
    build_when_needed tests
    work=$(mktemp -d "$state/kit.XXXXXX")
    # shellcheck disable=SC2064
    trap "rm -rf '$work'" EXIT
    say "packing (takes half a minute) ..."
    kit_fill "$work/cryo-kit"
    mkdir -p "$(dirname "$output")"
    tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner -cf - cryo-kit | gzip -9 >"$output.new"
    bytes=$(stat -c %s "$output.new")
    ((bytes <= kit_limit_mib << 20)) || fail "the kit has $bytes bytes, which is more than $kit_limit_mib MiB:" \
        "see what has come into it in $output.new"
    mv "$output.new" "$output"
    say "packed $output: $((bytes >> 20)) MiB; on the other machine: tar -xzf ${output##*/} && cryo-kit/cryo doctor"
    if [[ $check == yes ]]; then
        "$root/proxy/src/main/kit/check" "$output" "$root" "$jdk" "${HOME:-/root}"
    fi
}
