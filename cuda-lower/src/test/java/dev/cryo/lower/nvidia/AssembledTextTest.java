package dev.cryo.lower.nvidia;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.lower.ptx.GlobalInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** NVIDIA's assembler takes the text, and puts into machine code and constants what was meant. */
class AssembledTextTest {
    private static final long GLOBALS = 0x1234_5678_9a00L;
    private static final long MANAGED = 0x1357_9bdf_1000L;

    @TempDir
    Path folder;

    @BeforeEach
    void requireAssembler() {
        Ptxas.require("ptxas");
    }

    static List<Path> texts() throws IOException {
        try (Stream<Path> own = Files.walk(Path.of("src/test/resources"));
                Stream<Path> applications = Files.walk(Path.of("../benchmarks/src/main/resources"))) {
            return Stream.concat(own, applications).filter(path -> path.toString().endsWith(".ptx")).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("texts")
    void everyTextIsAssembledAndLeavesNoVariableToTheDriver(Path path) throws Exception {
        byte[] original = Files.readAllBytes(path);
        ModuleText text = ModuleText.parse(original);
        assertThat(text.isUnderstood()).isTrue();
        for (String architecture : List.of("sm_75", "sm_90")) {
            Map<String, byte[]> sections = Ptxas.assemble(text.relocated(GLOBALS, MANAGED), architecture, folder);
            assertThat(sections.keySet()).noneMatch(name -> name.startsWith(".nv.global"));
            assertThat(sections.keySet().stream().filter(name -> name.startsWith(".text.")).sorted())
                    .isEqualTo(Ptxas.assemble(original, architecture, folder).keySet().stream()
                            .filter(name -> name.startsWith(".text.")).sorted().toList());
            checkConstants(text, sections);
        }
    }

    /** The assembler keeps all constants, with the first values that they have in the block of all variables. */
    private static void checkConstants(ModuleText text, Map<String, byte[]> sections) {
        byte[] bank = sections.getOrDefault(".nv.constant3", new byte[0]);
        byte[] block = text.initialGlobals(GLOBALS, MANAGED);
        Map<String, Integer> symbols = Ptxas.symbols(sections);
        for (GlobalInfo constant : text.constants()) {
            assertThat(symbols).containsKey(constant.name());
            int at = symbols.getOrDefault(constant.name(), 0);
            assertThat(Arrays.copyOfRange(bank, at, at + constant.bytes())).as(constant.name()).isEqualTo(
                    Arrays.copyOfRange(block, (int) constant.offset(), (int) constant.offset() + constant.bytes()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sm_75", "sm_90"})
    void addressesKeepAllTheirBits(String architecture) throws Exception {
        byte[] ptx = (".version 8.0\n.target sm_75\n.address_size 64\n.global .align 8 .u64 a[9];\n"
                + ".global .attribute(.managed) .align 8 .u64 b;\n"
                + ".visible .entry k(.param .u64 out)\n{\n.reg .b64 r<3>;\nld.param.u64 r0, [out];\n"
                + "mov.u64 r1, a+16;\nst.global.u64 [r0], r1;\nst.global.u64 [b], r0;\nret;\n}\n")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] relocated = ModuleText.parse(ptx).relocated(GLOBALS, MANAGED);
        // Optimized, an address may become a base, a sum and an offset.
        byte[] code = Ptxas.assemble(relocated, architecture, folder, "-O0").getOrDefault(".text.k", new byte[0]);
        assertThat(immediates(code)).contains(0x1234, 0x5678_9a10, 0x1357, 0x9bdf_1000);
    }

    /** What may be 32-bit constants of instructions, which stand in their second four of sixteen bytes. */
    private static List<Integer> immediates(byte[] code) {
        ByteBuffer buffer = ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN);
        return Stream.iterate(4, at -> at < code.length, at -> at + 16).map(buffer::getInt).toList();
    }

    @Test
    void debugInformationIsAssembled() throws Exception {
        Ptxas.require("nvcc");
        for (String name : List.of("variables", "calls")) {
            for (String option : List.of("-G", "-lineinfo")) {
                Path source = Path.of("src/test/resources/nvidia", name + ".cu").toAbsolutePath();
                Ptxas.run(folder,
                        List.of("nvcc", "-ptx", "-arch=compute_75", option, source.toString(), "-o", "d.ptx"));
                byte[] original = Files.readAllBytes(folder.resolve("d.ptx"));
                byte[] relocated = ModuleText.parse(original).relocated(GLOBALS, MANAGED);
                assertThat(new String(original, StandardCharsets.ISO_8859_1)).contains(".section");
                String[] options = option.equals("-G") ? new String[] {"-g"} : new String[] {"-lineinfo"};
                for (String architecture : List.of("sm_75", "sm_90")) {
                    Map<String, byte[]> sections = Ptxas.assemble(relocated, architecture, folder, options);
                    assertThat(sections.keySet()).noneMatch(section -> section.startsWith(".nv.global"))
                            .contains(".debug_line");
                }
            }
        }
    }

    /** What the rewriter relies on: were it accepted, no registers would be needed. */
    @Test
    void addressesInBracketsAreRefused() throws Exception {
        byte[] ptx = (".version 8.0\n.target sm_75\n.address_size 64\n.visible .entry k()\n{\n.reg .b32 r;\n"
                + "ld.global.u32 r, [0x180000000000];\nst.global.u32 [0x180000000004], r;\nret;\n}\n")
                .getBytes(StandardCharsets.US_ASCII);
        try {
            Ptxas.assemble(ptx, "sm_90", folder);
        } catch (AssertionError e) {
            assertThat(e).hasMessageContaining("Immediate addresses allowed only for .local state space");
            return;
        }
        throw new AssertionError("ptxas takes addresses in brackets");
    }
}
