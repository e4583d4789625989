package dev.cryo.lower.nvidia.driver;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.cryo.streamlog.call.CudaResult;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The driver itself: {@code libcuda.so.1} of version 535 (CUDA 12.2) or later. Thread-safe.
 *
 * <p>Signatures and structures are those of cuda.h of CUDA 13.0; of functions with several versions the oldest one is
 * bound that does what is needed, so that older drivers have it too.
 */
public final class LibCuda implements CudaDriver {
    private static final int NAME_BYTES = 256;
    private static final int UUID_BYTES = 16;
    private static final int LOG_BYTES = 16 << 10;
    /** CU_JIT_INFO_LOG_BUFFER; its size, and the same for errors, are the next numbers. */
    private static final int INFO_LOG_BUFFER = 3;
    /** CU_MEMHOSTREGISTER_PORTABLE and _DEVICEMAP; the same bits for CU_MEMHOSTALLOC. */
    private static final int PORTABLE_AND_MAPPED = 3;
    /** CU_LAUNCH_PARAM_BUFFER_POINTER, and _SIZE. */
    private static final long PARAM_BUFFER_POINTER = 1;
    private static final long PARAM_BUFFER_SIZE = 2;

    /** CU_STREAM_WAIT_VALUE_GEQ. */
    private static final int WAIT_GREATER_OR_EQUAL = 0;

    private LibCuda() {}

    /** Whether this machine has a driver; that it also has a device is not said. */
    public static boolean isThere() {
        return DriverLibrary.isThere();
    }

    /**
     * Loads the driver.
     *
     * @throws DriverException NO_DEVICE if there is none on this machine
     */
    public static CudaDriver open() throws DriverException {
        if (!DriverLibrary.isThere()) {
            throw new DriverException(
                    CudaResult.NO_DEVICE, "there is no CUDA driver (" + DriverLibrary.NAME + ") on this machine");
        }
        return new LibCuda();
    }

    // Driver and devices

    @Override
    public void initialize() throws DriverException {
        DriverLibrary.INIT.call(0);
    }

    @Override
    public int version() throws DriverException {
        MemorySegment out = Scratch.get();
        DriverLibrary.VERSION.call(out.address());
        return out.get(JAVA_INT, 0);
    }

    @Override
    public int devices() throws DriverException {
        MemorySegment out = Scratch.get();
        DriverLibrary.DEVICES.call(out.address());
        return out.get(JAVA_INT, 0);
    }

    @Override
    public String name(int device) throws DriverException {
        MemorySegment out = Scratch.get();
        DriverLibrary.DEVICE_NAME.call(out.address(), NAME_BYTES, device);
        return out.getString(0);
    }

    @Override
    public long totalBytes(int device) throws DriverException {
        MemorySegment out = Scratch.get();
        DriverLibrary.TOTAL_BYTES.call(out.address(), device);
        return out.get(JAVA_LONG, 0);
    }

    @Override
    public int attribute(int device, int attribute) throws DriverException {
        MemorySegment out = Scratch.get();
        DriverLibrary.DEVICE_ATTRIBUTE.call(out.address(), attribute, device);
        return out.get(JAVA_INT, 0);
    }

    @Override
    public byte[] uuid(int device) throws DriverException {
        MemorySegment out = Scratch.get();
        DriverLibrary.DEVICE_UUID.call(out.address(), device);
        return out.asSlice(0, UUID_BYTES).toArray(JAVA_BYTE);
    }

    // Contexts

    @Override
    public long retainPrimaryContext(int device) throws DriverException {
        MemorySegment out = Scratch.get();
        DriverLibrary.PRIMARY_RETAIN.call(out.address(), device);
        return out.get(JAVA_LONG, 0);
    }

    @Override
    public void releasePrimaryContext(int device) throws DriverException {
        DriverLibrary.PRIMARY_RELEASE.call(device);
    }

    @Override
    public long createContext(int device, int flags) throws DriverException {
        MemorySegment out = Scratch.get();
        DriverLibrary.CONTEXT_CREATE.call(out.address(), flags, device);
        long context = out.get(JAVA_LONG, 0);
        // The driver has made it the calling thread's current one.
        DriverLibrary.CONTEXT_POP.call(out.address());
        return context;
    }

    @Override
    public void destroyContext(long context) throws DriverException {
        DriverLibrary.CONTEXT_DESTROY.call(context);
    }

    @Override
    public void makeCurrent(long context) throws DriverException {
        DriverLibrary.CONTEXT_SET_CURRENT.call(context);
    }

    @Override
    public void setLimit(int limit, long value) throws DriverException {
        DriverLibrary.SET_LIMIT.call(limit, value);
    }

    @Override
    public void setCacheConfig(int config) throws DriverException {
        DriverLibrary.SET_CACHE_CONFIG.call(config);
    }

    @Override
    public MemoryInfo memoryInfo() throws DriverException {
        MemorySegment out = Scratch.get();
        DriverLibrary.MEMORY_INFO.call(out.address(), out.address() + 8);
        return new MemoryInfo(out.get(JAVA_LONG, 0), out.get(JAVA_LONG, 8));
    }

    // Modules

    @Override
    public long loadModule(byte[] image, StringBuilder log) throws DriverException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment code = arena.allocate(image.length, 64).copyFrom(MemorySegment.ofArray(image));
            MemorySegment info = arena.allocate(LOG_BYTES);
            MemorySegment errors = arena.allocate(LOG_BYTES);
            MemorySegment options = arena.allocateFrom(
                    JAVA_INT, INFO_LOG_BUFFER, INFO_LOG_BUFFER + 1, INFO_LOG_BUFFER + 2, INFO_LOG_BUFFER + 3);
            MemorySegment values =
                    arena.allocateFrom(JAVA_LONG, info.address(), LOG_BYTES, errors.address(), LOG_BYTES);
            MemorySegment out = arena.allocate(JAVA_LONG);
            try {
                DriverLibrary.MODULE_LOAD.call(
                        out.address(), code.address(), 4, options.address(), values.address());
            } finally {
                log.append(info.getString(0)).append(errors.getString(0));
            }
            return out.get(JAVA_LONG, 0);
        }
    }

    @Override
    public void unloadModule(long module) throws DriverException {
        DriverLibrary.MODULE_UNLOAD.call(module);
    }

    @Override
    public long function(long module, String name) throws DriverException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = Scratch.get();
            DriverLibrary.MODULE_FUNCTION.call(out.address(), module, arena.allocateFrom(name).address());
            return out.get(JAVA_LONG, 0);
        }
    }

    @Override
    public Variable variable(long module, String name) throws DriverException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = Scratch.get();
            DriverLibrary.MODULE_GLOBAL.call(
                    out.address(), out.address() + 8, module, arena.allocateFrom(name).address());
            return new Variable(out.get(JAVA_LONG, 0), out.get(JAVA_LONG, 8));
        }
    }

    @Override
    public int functionAttribute(long function, int attribute) throws DriverException {
        MemorySegment out = Scratch.get();
        DriverLibrary.FUNCTION_ATTRIBUTE.call(out.address(), attribute, function);
        return out.get(JAVA_INT, 0);
    }

    @Override
    public List<Parameter> parameters(long function) throws DriverException {
        MemorySegment out = Scratch.get();
        List<Parameter> parameters = new ArrayList<>();
        while (true) {
            int result = DriverLibrary.PARAMETER.result(function, parameters.size(), out.address(), out.address() + 8);
            if (result == CudaResult.INVALID_VALUE) {
                return parameters; // There are no more.
            }
            DriverLibrary.PARAMETER.check(result);
            parameters.add(new Parameter((int) out.get(JAVA_LONG, 0), (int) out.get(JAVA_LONG, 8)));
        }
    }

    @Override
    public void setFunctionAttribute(long function, int attribute, int value) throws DriverException {
        DriverLibrary.SET_FUNCTION_ATTRIBUTE.call(function, attribute, value);
    }

    // Device memory at chosen addresses

    @Override
    public void reserve(long address, long bytes) throws DriverException {
        MemorySegment out = Scratch.get();
        DriverLibrary.ADDRESS_RESERVE.call(out.address(), bytes, 0, address, 0);
        long got = out.get(JAVA_LONG, 0);
        if (got != address) {
            freeReservation(got, bytes);
            throw new DriverException(
                    CudaResult.OPERATING_SYSTEM,
                    "the addresses from 0x%x on (%d bytes) are taken: the driver gives 0x%x instead"
                            .formatted(address, bytes, got));
        }
    }

    @Override
    public void freeReservation(long address, long bytes) throws DriverException {
        DriverLibrary.ADDRESS_FREE.call(address, bytes);
    }

    @Override
    public long granularity(int device) throws DriverException {
        MemorySegment out = Scratch.get();
        AllocationProperties.write(out.asSlice(16), device);
        DriverLibrary.GRANULARITY.call(out.address(), out.address() + 16, 0);
        return out.get(JAVA_LONG, 0);
    }

    @Override
    public long createMemory(long bytes, int device) throws DriverException {
        MemorySegment out = Scratch.get();
        AllocationProperties.write(out.asSlice(16), device);
        DriverLibrary.MEMORY_CREATE.call(out.address(), bytes, out.address() + 16, 0);
        return out.get(JAVA_LONG, 0);
    }

    @Override
    public void releaseMemory(long handle) throws DriverException {
        DriverLibrary.MEMORY_RELEASE.call(handle);
    }

    @Override
    public void map(long address, long bytes, long handle) throws DriverException {
        DriverLibrary.MAP.call(address, bytes, 0, handle, 0);
    }

    @Override
    public void allowAccess(long address, long bytes, int device) throws DriverException {
        MemorySegment out = Scratch.get();
        AllocationProperties.writeAccess(out, device);
        DriverLibrary.SET_ACCESS.call(address, bytes, out.address(), 1);
    }

    @Override
    public void unmap(long address, long bytes) throws DriverException {
        DriverLibrary.UNMAP.call(address, bytes);
    }

    // Other memory

    @Override
    public long allocate(long bytes) throws DriverException {
        MemorySegment out = Scratch.get();
        DriverLibrary.ALLOCATE.call(out.address(), bytes);
        return out.get(JAVA_LONG, 0);
    }

    @Override
    public void free(long address) throws DriverException {
        DriverLibrary.FREE.call(address);
    }

    @Override
    public long allocateHost(long bytes) throws DriverException {
        MemorySegment out = Scratch.get();
        DriverLibrary.ALLOCATE_HOST.call(out.address(), bytes, PORTABLE_AND_MAPPED);
        return out.get(JAVA_LONG, 0);
    }

    @Override
    public void freeHost(long address) throws DriverException {
        DriverLibrary.FREE_HOST.call(address);
    }

    @Override
    public void registerHost(long address, long bytes) throws DriverException {
        DriverLibrary.REGISTER_HOST.call(address, bytes, PORTABLE_AND_MAPPED);
    }

    @Override
    public void unregisterHost(long address) throws DriverException {
        DriverLibrary.UNREGISTER_HOST.call(address);
    }

    // Copies and sets

    @Override
    public void copyToDevice(long target, long source, long bytes, long stream) throws DriverException {
        DriverLibrary.COPY_TO_DEVICE.call(target, source, bytes, stream);
    }

    @Override
    public void copyToHost(long target, long source, long bytes, long stream) throws DriverException {
        DriverLibrary.COPY_TO_HOST.call(target, source, bytes, stream);
    }

    @Override
    public void copyOnDevice(long target, long source, long bytes, long stream) throws DriverException {
        DriverLibrary.COPY_ON_DEVICE.call(target, source, bytes, stream);
    }

    @Override
    public void copy(long target, long source, long bytes, long stream) throws DriverException {
        DriverLibrary.COPY.call(target, source, bytes, stream);
    }

    @Override
    public void copy(Side source, Side target, long width, long height, long depth, long stream)
            throws DriverException {
        MemorySegment descriptor = Scratch.get();
        RowsDescriptor.write(descriptor, source, target, width, height, depth);
        DriverLibrary.COPY_ROWS.call(descriptor.address(), stream);
    }

    @Override
    public void set(long address, long pitch, int elementBytes, int value, long width, long height, long stream)
            throws DriverException {
        switch (elementBytes) {
            case 1 -> DriverLibrary.SET_8.call(address, pitch, value & 0xff, width, height, stream);
            case 2 -> DriverLibrary.SET_16.call(address, pitch, value & 0xffff, width, height, stream);
            case 4 -> DriverLibrary.SET_32.call(address, pitch, value & 0xffff_ffffL, width, height, stream);
            default -> throw new DriverException(
                    CudaResult.INVALID_VALUE, "elements of " + elementBytes + " bytes cannot be set");
        }
    }

    // Streams and events

    @Override
    public long createStream(int flags, int priority) throws DriverException {
        MemorySegment out = Scratch.get();
        DriverLibrary.STREAM_CREATE.call(out.address(), flags, priority);
        return out.get(JAVA_LONG, 0);
    }

    @Override
    public void destroyStream(long stream) throws DriverException {
        DriverLibrary.STREAM_DESTROY.call(stream);
    }

    @Override
    public boolean isQuiet(long stream) throws DriverException {
        return isReady(DriverLibrary.STREAM_QUERY, stream);
    }

    @Override
    public void synchronize(long stream) throws DriverException {
        DriverLibrary.STREAM_SYNCHRONIZE.call(stream);
    }

    @Override
    public void await(long stream, long event) throws DriverException {
        DriverLibrary.STREAM_WAIT.call(stream, event, 0);
    }

    @Override
    public void awaitValue(long stream, long address, int value) throws DriverException {
        DriverLibrary.STREAM_WAIT_VALUE.call(stream, address, value & 0xffff_ffffL, WAIT_GREATER_OR_EQUAL);
    }

    @Override
    public long createEvent(int flags) throws DriverException {
        MemorySegment out = Scratch.get();
        DriverLibrary.EVENT_CREATE.call(out.address(), flags);
        return out.get(JAVA_LONG, 0);
    }

    @Override
    public void destroyEvent(long event) throws DriverException {
        DriverLibrary.EVENT_DESTROY.call(event);
    }

    @Override
    public void record(long event, long stream) throws DriverException {
        DriverLibrary.EVENT_RECORD.call(event, stream);
    }

    @Override
    public boolean hasEnded(long event) throws DriverException {
        return isReady(DriverLibrary.EVENT_QUERY, event);
    }

    private static boolean isReady(DriverFunction query, long object) throws DriverException {
        int result = query.result(object);
        if (result == CudaResult.NOT_READY) {
            return false;
        }
        query.check(result);
        return true;
    }

    @Override
    public float elapsedMillis(long start, long end) throws DriverException {
        MemorySegment out = Scratch.get();
        DriverLibrary.EVENT_ELAPSED.call(out.address(), start, end);
        return out.get(JAVA_FLOAT, 0);
    }

    // Launch

    @Override
    public void launch(
            long function,
            int gridX,
            int gridY,
            int gridZ,
            int blockX,
            int blockY,
            int blockZ,
            int sharedBytes,
            long stream,
            byte[] parameters)
            throws DriverException {
        MemorySegment scratch = Scratch.get();
        long extra = scratch.address();
        if (parameters.length == 0) {
            DriverLibrary.LAUNCH.call(
                    function, gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes, stream, 0, 0);
            return;
        }
        scratch.set(JAVA_LONG, 0, PARAM_BUFFER_POINTER);
        scratch.set(JAVA_LONG, 8, extra + 64);
        scratch.set(JAVA_LONG, 16, PARAM_BUFFER_SIZE);
        scratch.set(JAVA_LONG, 24, extra + 40);
        scratch.set(JAVA_LONG, 32, 0);
        scratch.set(JAVA_LONG, 40, parameters.length);
        MemorySegment.copy(parameters, 0, scratch, JAVA_BYTE, 64, parameters.length);
        DriverLibrary.LAUNCH.call(
                function, gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes, stream, 0, extra);
    }
}
