package dev.cryo.lower.nvidia;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.PtxModule;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random variables and references, and damaged text. */
class RandomTextTest {
    private static final int PROGRAMS = 200;

    @Test
    void randomProgramsComputeTheSameWhenRelocated() throws Exception {
        int changed = 0;
        for (int seed = 0; seed < PROGRAMS; seed++) {
            RandomVariables program = new RandomVariables(seed, seed % 2 == 0);
            byte[] ptx = program.text().getBytes(StandardCharsets.US_ASCII);
            ModuleText text = ModuleText.parse(ptx);
            try (ModuleMemory memory = new ModuleMemory(text)) {
                memory.launch(memory.load(PtxModule.parse(ptx)), "k", 1, memory.out());
                List<byte[]> expected = memory.contents();
                memory.clear();
                byte[] relocated = text.relocated(memory.globalsAt(), memory.managedAt());
                memory.globals().copyFrom(MemorySegment.ofArray(
                        text.initialGlobals(memory.globalsAt(), memory.managedAt())));
                memory.managed().copyFrom(MemorySegment.ofArray(
                        text.initialManaged(memory.globalsAt(), memory.managedAt())));
                memory.launch(memory.loadRelocated(PtxModule.parse(relocated)), "k", 1, memory.out());
                assertThat(memory.contents()).as("seed %d:%n%s", seed, program.text())
                        .usingRecursiveComparison().isEqualTo(expected);
                changed += relocated.length == ptx.length + 1 ? 0 : 1;
            }
        }
        assertThat(changed).isEqualTo(PROGRAMS);
    }

    @Test
    void randomProgramsHaveNoNamesOfPlacedVariablesLeft() throws Exception {
        for (int seed = 0; seed < PROGRAMS; seed++) {
            RandomVariables program = new RandomVariables(seed, false);
            ModuleText text = ModuleText.parse(program.text().getBytes(StandardCharsets.US_ASCII));
            byte[] relocated = text.relocated(1L << 44, 1L << 45);
            String code = new String(relocated, 0, relocated.length - 1, StandardCharsets.US_ASCII)
                    .replaceAll("//[^\n]*", "");
            for (String name : program.placed()) {
                assertThat(code).as("seed %d", seed).doesNotContainPattern("\\b" + name + "\\b");
            }
            assertThat(code.lines().count()).isEqualTo(program.text().lines().count());
            ModuleText again = ModuleText.parse(relocated);
            assertThat(again.globals()).hasSameSizeAs(text.constants());
            assertThat(again.relocated(1L << 46, 1L << 47)).isEqualTo(relocated);
        }
    }

    @Test
    void randomProgramsAreAssembled(@TempDir Path folder) throws Exception {
        Ptxas.require("ptxas");
        for (int seed = 0; seed < 24; seed++) {
            RandomVariables program = new RandomVariables(seed, seed % 2 == 0);
            byte[] ptx = program.text().getBytes(StandardCharsets.US_ASCII);
            byte[] relocated = ModuleText.parse(ptx).relocated(0x1234_5678_9a00L, 0x1357_9bdf_1000L);
            assertThat(Ptxas.assemble(relocated, seed % 4 < 2 ? "sm_75" : "sm_90", folder)).containsKey(".text.k");
        }
    }

    /** Any damage gives a PtxException or a module that can be relocated, never another exception. */
    @Test
    void damagedTextIsRefusedOrRelocated() throws Exception {
        byte[] whole;
        try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream("/nvidia/variables.ptx"))) {
            whole = in.readAllBytes();
        }
        long seed = 2711;
        Random random = new Random(seed);
        int refused = 0;
        int relocated = 0;
        for (int round = 0; round < 600; round++) {
            StringBuilder text = new StringBuilder(new String(whole, StandardCharsets.US_ASCII));
            for (int i = 1 + random.nextInt(4); i > 0; i--) {
                damage(text, random);
            }
            try {
                ModuleText module = ModuleText.parse(text.toString().getBytes(StandardCharsets.UTF_8));
                assertThat(module.relocated(1L << 44, 1L << 45)).isNotEmpty();
                relocated++;
            } catch (PtxException e) {
                assertThat(e.line()).isPositive();
                refused++;
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ", round " + round, e);
            }
        }
        assertThat(refused).isGreaterThan(100);
        assertThat(relocated).isGreaterThan(100);
    }

    private static void damage(StringBuilder text, Random random) {
        int at = random.nextInt(text.length());
        int length = Math.min(1 + random.nextInt(12), text.length() - at);
        switch (random.nextInt(4)) {
            case 0 -> text.delete(at, at + length);
            case 1 -> text.setCharAt(at, (char) random.nextInt(random.nextBoolean() ? 128 : 0x10000));
            case 2 -> text.insert(at, text.substring(at, at + length));
            default -> text.insert(at, List.of("{", "}", "(", "[", ";", ".reg", "-", "0x", "@", "counter", ".global ",
                    "0xff(", "generic(").get(random.nextInt(13)));
        }
    }
}
