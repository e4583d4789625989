package dev.cryo.lower.nvidia;

import dev.cryo.lower.ptx.Dim3;
import dev.cryo.lower.ptx.KernelFault;
import dev.cryo.lower.ptx.LaunchContext;
import dev.cryo.lower.ptx.LoadedKernel;
import dev.cryo.lower.ptx.LoadedModule;
import dev.cryo.lower.ptx.PtxModule;
import dev.cryo.lower.ptx.memory.MemoryMap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;

/** Memory for a module on the PTX device, in which it runs as it is and relocated, at the same addresses. */
final class ModuleMemory implements AutoCloseable {
    private final Arena arena = Arena.ofConfined();
    private final MemoryMap map = new MemoryMap();
    private final MemorySegment globals;
    private final MemorySegment managed;
    private final MemorySegment constants;
    private final MemorySegment out;

    ModuleMemory(ModuleText text) {
        globals = allocate(text.globalsBytes());
        managed = allocate(text.managedBytes());
        constants = allocate(4096);
        out = allocate(4096);
    }

    private MemorySegment allocate(long bytes) {
        MemorySegment segment = arena.allocate(Math.max(bytes, 1), 4096);
        map.add(segment.address(), segment.byteSize());
        return bytes == 0 ? segment.asSlice(0, 0) : segment;
    }

    MemorySegment globals() {
        return globals;
    }

    MemorySegment managed() {
        return managed;
    }

    long globalsAt() {
        return globals.address();
    }

    long managedAt() {
        return managed.address();
    }

    /** The address of 4096 bytes for results. */
    long out() {
        return out.address();
    }

    LoadedModule load(PtxModule module) {
        return module.load(map, globalsAt(), managedAt());
    }

    /** Loads what has no variables but constants, which lie apart from the places that they had. */
    LoadedModule loadRelocated(PtxModule module) {
        return module.load(map, constants.address());
    }

    /** Runs one block, with parameters that are numbers of four and of eight bytes. */
    void launch(LoadedModule module, String name, int threads, Object... parameters) throws KernelFault {
        ByteBuffer block = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        for (Object parameter : parameters) {
            if (parameter instanceof Integer number) {
                block.putInt(number);
            } else {
                block.position((block.position() + 7) / 8 * 8).putLong((Long) parameter);
            }
        }
        LoadedKernel kernel = Objects.requireNonNull(module.kernel(name), name);
        kernel.launch(new Dim3(1), new Dim3(threads), 0, block.array(), LaunchContext.ownThread());
    }

    List<byte[]> contents() {
        return List.of(globals.toArray(ValueLayout.JAVA_BYTE), managed.toArray(ValueLayout.JAVA_BYTE),
                out.toArray(ValueLayout.JAVA_BYTE));
    }

    void clear() {
        List.of(globals, managed, out).forEach(segment -> segment.fill((byte) 0));
    }

    @Override
    public void close() {
        arena.close();
    }
}
