package dev.cryo.lower.nvidia;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.lower.ptx.GlobalInfo;
import dev.cryo.lower.ptx.LoadedModule;
import dev.cryo.lower.ptx.PtxModule;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Text whose variables were placed computes what it computed before, on the PTX device with the same addresses. */
class RelocatedRunTest {
    private static void runAll(ModuleMemory memory, LoadedModule module) throws Exception {
        long out = memory.out();
        for (int round = 0; round < 3; round++) {
            memory.launch(module, "scalars", 64, out);
            memory.launch(module, "arrays", 64, out + 256, 64);
            memory.launch(module, "lists", 64, out + 1024, out + 1040);
            memory.launch(module, "shadows", 64, out + 2048);
        }
    }

    @Test
    void leavesTheSameInMemoryAsTheTextItCameFrom() throws Exception {
        byte[] ptx;
        try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream("/nvidia/variables.ptx"))) {
            ptx = in.readAllBytes();
        }
        ModuleText text = ModuleText.parse(ptx);
        PtxModule original = PtxModule.parse(ptx);
        assertThat(text.globals()).isEqualTo(original.globals());
        assertThat(text.globalsBytes()).isEqualTo(original.globalsBytes());
        assertThat(text.managedBytes()).isEqualTo(original.managedBytes());
        try (ModuleMemory memory = new ModuleMemory(text)) {
            LoadedModule loaded = memory.load(original);
            List<byte[]> first = memory.contents();
            runAll(memory, loaded);
            List<byte[]> expected = memory.contents();
            for (int i = 0; i < first.size(); i++) {
                assertThat(expected.get(i)).isNotEqualTo(first.get(i));
            }

            memory.clear();
            long globalsAt = memory.globalsAt();
            long managedAt = memory.managedAt();
            memory.globals().copyFrom(MemorySegment.ofArray(text.initialGlobals(globalsAt, managedAt)));
            memory.managed().copyFrom(MemorySegment.ofArray(text.initialManaged(globalsAt, managedAt)));
            assertThat(memory.contents()).usingRecursiveComparison().isEqualTo(first);
            PtxModule relocated = PtxModule.parse(text.relocated(globalsAt, managedAt));
            assertThat(relocated.globals()).hasSameSizeAs(text.constants()).allMatch(GlobalInfo::constant);
            runAll(memory, memory.loadRelocated(relocated));
            assertThat(memory.contents()).usingRecursiveComparison().isEqualTo(expected);
        }
    }
}
