package dev.cryo.proxy.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A processor as an image sees it: the instructions that compiled code in it may use.
 *
 * <p>HotSpot and the C library choose instructions once, when they start. An image restored on a processor that lacks
 * one of them dies by SIGILL at some later moment; comparing two of these tells beforehand.
 *
 * @param model the name that the processor gives itself
 * @param portable whether the application was started for any processor, see {@link #portableJvmOptions}
 * @param instructions the instruction sets by the names that /proc/cpuinfo gives them
 */
public record Processor(String model, boolean portable, SortedSet<String> instructions) {
    /**
     * Instruction sets that HotSpot (JDK 25, vm_version_x86.hpp) or glibc 2.36 to 2.43 (cpu-features.c) choose code by.
     * The other flags of /proc/cpuinfo tell of things that no program's instructions depend on.
     */
    private static final Set<String> CHOSEN_BY = Set.of(
            "cx8", "cx16", "cmov", "fxsr", "mmx", "sse", "sse2", "pni", "ssse3", "sse4a", "sse4_1", "sse4_2", "popcnt",
            "abm", "lahf_lm", "3dnowprefetch", "rdtscp", "movbe", "aes", "pclmulqdq", "sha_ni", "sha512", "sm3", "sm4",
            "adx", "bmi1", "bmi2", "fma", "fma4", "f16c", "gfni", "erms", "fsrm", "clflush", "clflushopt", "clwb",
            "rdpid", "rdrand", "rdseed", "rtm", "hle", "serialize", "fsgsbase", "pku", "ospke", "xsave", "xsavec",
            "xsaveopt", "avx", "avx2", "avx_vnni", "avx_ifma", "avx_vnni_int8", "avx_vnni_int16", "avx_ne_convert",
            "vaes", "vpclmulqdq", "avx512f", "avx512dq", "avx512cd", "avx512bw", "avx512vl", "avx512er", "avx512pf",
            "avx512ifma", "avx512vbmi", "avx512_vbmi2", "avx512_vnni", "avx512_bitalg", "avx512_vpopcntdq",
            "avx512_bf16", "avx512_fp16", "avx512_vp2intersect", "avx10_1", "avx10_2", "apx_f", "amx_tile", "amx_int8",
            "amx_bf16", "amx_fp16");

    /** What the portable options turn off: all of AVX-512 and later, and the hash instructions. */
    private static boolean isTurnedOff(String name) {
        return name.startsWith("avx512") || name.startsWith("avx10") || name.startsWith("avx_vnni")
                || name.startsWith("amx_") || Set.of("apx_f", "vaes", "vpclmulqdq", "sha_ni", "sha512", "sm3", "sm4",
                        "avx_ne_convert").contains(name);
    }

    /** Makes the set unchangeable. */
    public Processor {
        instructions = Collections.unmodifiableSortedSet(new TreeSet<>(instructions));
    }

    /** The processor of this machine, and whether an application was started for any. */
    public static Processor here(boolean portable) throws IOException {
        return of(Files.readAllLines(Path.of("/proc/cpuinfo")), portable);
    }

    /**
     * Options for a JVM whose image is to be restored on any processor from Haswell (2013) and Zen on: no AVX-512 (and
     * with it no VAES, VPCLMULQDQ and IFMA), no SHA instructions.
     */
    public static List<String> portableJvmOptions() {
        return List.of("-XX:UseAVX=2", "-XX:-UseSHA");
    }

    /** Variables that keep the C library's string functions from AVX-512, by the same measure. */
    public static Map<String, String> portableEnvironment() {
        return Map.of("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD");
    }

    static Processor of(List<String> cpuinfo, boolean portable) {
        SortedSet<String> instructions = new TreeSet<>();
        for (String flag : field(cpuinfo, "flags").split(" ")) {
            if (CHOSEN_BY.contains(flag) && !(portable && isTurnedOff(flag))) {
                instructions.add(flag);
            }
        }
        return new Processor(field(cpuinfo, "model name"), portable, instructions);
    }

    /** The instruction sets that an image taken on this processor may use and that the other one lacks. */
    public List<String> missingOn(Processor other) {
        return instructions.stream().filter(name -> !other.instructions.contains(name)).toList();
    }

    private static String field(List<String> cpuinfo, String name) {
        return cpuinfo.stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("");
    }
}
