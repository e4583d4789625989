package dev.cryo.lower.ptx;

import dev.cryo.lower.contract.DeviceRig;
import dev.cryo.lower.ptx.memory.MemoryMap;
import dev.cryo.streamlog.linux.LinuxException;
import dev.cryo.streamlog.linux.VirtualMemory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Memory and launches for tests. Memory lies where that of a lower half would, so that another device can have its
 * memory at the same addresses afterwards.
 */
final class Device implements AutoCloseable {
    private static final long WINDOW_BYTES = 64 << 20;
    private static final long GLOBALS = DeviceRig.BASE + (8L << 40);
    private static final long GLOBALS_ALIGNMENT = 2 << 20;
    private static final BitSet WINDOWS = new BitSet();

    private final List<Module> modules = new ArrayList<>();
    private final MemoryMap map = new MemoryMap();
    /** Null before it is used: of a test that is skipped there is a device too, which nobody closes. */
    private @Nullable Window window;
    private Sameness sameness = new Sameness.Exact();

    private record Module(String text, LoadedModule code, long globalsAt) {}

    /** Addresses for memory, and for variables. */
    private static final class Window {
        private final int number;
        private final Region memory;
        private final Region globals;

        Window() {
            synchronized (WINDOWS) {
                number = WINDOWS.nextClearBit(0);
                WINDOWS.set(number);
            }
            memory = new Region(DeviceRig.BASE + number * WINDOW_BYTES);
            globals = new Region(GLOBALS + number * WINDOW_BYTES);
        }

        void close() {
            memory.close();
            globals.close();
            synchronized (WINDOWS) {
                WINDOWS.clear(number);
            }
        }
    }

    /** Addresses that are given away one after the other, and never twice. */
    private static final class Region {
        private final long start;
        private long used;

        Region(long start) {
            this.start = start;
            try {
                VirtualMemory.reserve(start, WINDOW_BYTES);
                VirtualMemory.commit(start, WINDOW_BYTES);
            } catch (LinuxException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Something is left free behind it, so that what leaves it is found. */
        MemorySegment allocate(long bytes, long alignment) {
            long at = (used + alignment - 1) / alignment * alignment;
            used = at + bytes + 256;
            if (used > WINDOW_BYTES) {
                throw new OutOfMemoryError("a test needs " + used + " bytes");
            }
            return VirtualMemory.at(start + at, bytes);
        }

        byte[] contents() {
            return VirtualMemory.at(start, used).toArray(ValueLayout.JAVA_BYTE);
        }

        void close() {
            try {
                VirtualMemory.unmap(start, WINDOW_BYTES);
            } catch (LinuxException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private Window window() {
        Window now = window;
        if (now == null) {
            now = new Window();
            window = now;
        }
        return now;
    }

    MemoryMap map() {
        return map;
    }

    static String resource(String name) {
        try (InputStream in = Device.class.getResourceAsStream("/ptx/" + name)) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    MemorySegment allocate(long bytes) {
        MemorySegment segment = window().memory.allocate(bytes, 256);
        map.add(segment.address(), bytes);
        return segment;
    }

    MemorySegment floats(float... values) {
        MemorySegment segment = allocate(4L * values.length);
        MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_FLOAT, 0, values.length);
        return segment;
    }

    MemorySegment ints(int... values) {
        MemorySegment segment = allocate(4L * values.length);
        MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_INT, 0, values.length);
        return segment;
    }

    MemorySegment longs(long... values) {
        MemorySegment segment = allocate(8L * values.length);
        MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_LONG, 0, values.length);
        return segment;
    }

    LoadedModule load(String ptx) throws PtxException {
        PtxModule module = PtxModule.parse(ptx);
        long base = 0;
        if (module.globalsBytes() > 0) {
            base = window().globals.allocate(module.globalsBytes(), GLOBALS_ALIGNMENT).address();
            map.add(base, module.globalsBytes());
        }
        LoadedModule code = module.load(map, base);
        modules.add(new Module(ptx, code, base));
        return code;
    }

    LoadedKernel kernel(String ptx, String name) throws PtxException {
        return Objects.requireNonNull(load(ptx).kernel(name), name);
    }

    /** Says what another device may do otherwise at the launches that follow. */
    void comparedAs(Sameness by) {
        sameness = by;
    }

    static byte[] parameters(Object... values) {
        ByteBuffer buffer = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
        for (Object value : values) {
            switch (value) {
                case Integer i -> buffer.putInt(i);
                case Float f -> buffer.putFloat(f);
                case Long l -> align8(buffer).putLong(l);
                case Double d -> align8(buffer).putDouble(d);
                case MemorySegment s -> align8(buffer).putLong(s.address());
                default -> throw new IllegalArgumentException("parameter " + value);
            }
        }
        byte[] bytes = new byte[Math.max(buffer.position(), 1)];
        buffer.get(0, bytes);
        return bytes;
    }

    private static ByteBuffer align8(ByteBuffer buffer) {
        return buffer.position(buffer.position() + 7 & -8);
    }

    void run(LoadedKernel kernel, int grid, int block, Object... parameters) throws KernelFault {
        run(kernel, new Dim3(grid), new Dim3(block), 0, parameters);
    }

    void run(LoadedKernel kernel, Dim3 grid, Dim3 block, int shared, Object... parameters) throws KernelFault {
        run(kernel, grid, block, shared, LaunchContext.ownThread(), parameters);
    }

    void run(LoadedKernel kernel, Dim3 grid, Dim3 block, int shared, LaunchContext how, Object... parameters)
            throws KernelFault {
        Recording recording = Recording.current();
        if (recording == null) {
            kernel.launch(grid, block, shared, parameters(parameters), how);
            return;
        }
        Module module = moduleOf(kernel);
        Region memory = window().memory;
        byte[] memoryBefore = memory.contents();
        byte[] globalsBefore = contents(module);
        kernel.launch(grid, block, shared, parameters(parameters), how);
        recording.add(new Recording.Launch(
                module.text(),
                kernel.info().name(),
                grid,
                block,
                shared,
                parameters(parameters),
                new Recording.Contents(memory.start, memoryBefore, memory.contents()),
                new Recording.Contents(module.globalsAt(), globalsBefore, contents(module)),
                sameness));
    }

    private Module moduleOf(LoadedKernel kernel) {
        return modules.stream()
                .filter(module -> module.code().kernel(kernel.info().name()) == kernel)
                .findFirst()
                .orElseThrow();
    }

    private static byte[] contents(Module module) {
        return VirtualMemory.at(module.globalsAt(), module.code().module().globalsBytes())
                .toArray(ValueLayout.JAVA_BYTE);
    }

    @Override
    public void close() {
        if (window != null) {
            window.close();
            window = null;
        }
    }
}
