package dev.cryo.lower.ptx;

import dev.cryo.lower.ptx.memory.MemoryMap;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** Memory and launches for tests. */
final class Device implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final MemoryMap map = new MemoryMap();

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
        MemorySegment segment = arena.allocate(bytes, 256);
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
        long base = module.globalsBytes() == 0 ? 0 : allocate(module.globalsBytes()).address();
        return module.load(map, base);
    }

    LoadedKernel kernel(String ptx, String name) throws PtxException {
        return Objects.requireNonNull(load(ptx).kernel(name), name);
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
        kernel.launch(grid, block, shared, parameters(parameters), LaunchContext.ownThread());
    }

    @Override
    public void close() {
        arena.close();
    }
}
