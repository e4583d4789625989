package dev.cryo.lower.nvidia;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.lower.ptx.Dim3;
import dev.cryo.lower.ptx.LaunchContext;
import dev.cryo.lower.ptx.LoadedKernel;
import dev.cryo.lower.ptx.LoadedModule;
import dev.cryo.lower.ptx.PtxModule;
import dev.cryo.lower.ptx.memory.MemoryMap;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Text whose variables were placed computes what it computed before, on the PTX device with the same addresses. */
class RelocatedRunTest {
    private static final int OUT_BYTES = 4096;

    /** A run over memory of the same addresses each time. */
    private static final class Memory implements AutoCloseable {
        private final Arena arena = Arena.ofConfined();
        private final MemoryMap map = new MemoryMap();
        private final MemorySegment globals;
        private final MemorySegment managed;
        private final MemorySegment constants;
        private final MemorySegment out;

        Memory(ModuleText text) {
            globals = allocate(text.globalsBytes());
            managed = allocate(text.managedBytes());
            constants = allocate(4096);
            out = allocate(OUT_BYTES);
        }

        private MemorySegment allocate(long bytes) {
            MemorySegment segment = arena.allocate(Math.max(bytes, 1), 4096);
            map.add(segment.address(), segment.byteSize());
            return segment;
        }

        List<byte[]> contents() {
            return List.of(globals.toArray(ValueLayout.JAVA_BYTE), managed.toArray(ValueLayout.JAVA_BYTE),
                    out.toArray(ValueLayout.JAVA_BYTE));
        }

        @Override
        public void close() {
            arena.close();
        }
    }

    private static void launch(LoadedModule module, String name, Object... parameters)
            throws Exception {
        ByteBuffer block = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        for (Object parameter : parameters) {
            if (parameter instanceof Integer number) {
                block.putInt(number);
            } else {
                block.position((block.position() + 7) / 8 * 8).putLong((Long) parameter);
            }
        }
        LoadedKernel kernel = Objects.requireNonNull(module.kernel(name), name);
        kernel.launch(new Dim3(1), new Dim3(64), 0, block.array(), LaunchContext.ownThread());
    }

    private static void runAll(Memory memory, LoadedModule module) throws Exception {
        long out = memory.out.address();
        for (int round = 0; round < 3; round++) {
            launch(module, "scalars", out);
            launch(module, "arrays", out + 256, 64);
            launch(module, "lists", out + 1024, out + 1040);
            launch(module, "shadows", out + 2048);
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
        try (Memory memory = new Memory(text)) {
            long globalsAt = memory.globals.address();
            long managedAt = memory.managed.address();
            LoadedModule loaded = original.load(memory.map, globalsAt, managedAt);
            List<byte[]> first = memory.contents();
            runAll(memory, loaded);
            List<byte[]> expected = memory.contents();
            assertThat(expected.get(0)).isNotEqualTo(first.get(0));
            assertThat(expected.get(1)).isNotEqualTo(first.get(1));
            assertThat(expected.get(2)).isNotEqualTo(first.get(2));

            memory.out.fill((byte) 0);
            memory.globals.copyFrom(MemorySegment.ofArray(text.initialGlobals(globalsAt, managedAt)));
            memory.managed.copyFrom(MemorySegment.ofArray(text.initialManaged(globalsAt, managedAt)));
            assertThat(memory.contents()).usingRecursiveComparison().isEqualTo(first);
            PtxModule relocated = PtxModule.parse(text.relocated(globalsAt, managedAt));
            assertThat(relocated.globals()).hasSameSizeAs(text.constants()).allMatch(global -> global.constant());
            runAll(memory, relocated.load(memory.map, memory.constants.address(), 0));
            assertThat(memory.contents()).usingRecursiveComparison().isEqualTo(expected);
        }
    }
}
