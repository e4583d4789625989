package dev.cryo.proxy.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * The process checkpoint of the driver that is installed, by its library. The driver is initialised in this process,
 * which keeps it loaded; no context is created, so no device memory is taken. Thread-safe.
 *
 * <p>The arguments of cuda.h are structures of 64 bytes, zero but for these fields:
 *
 * <pre>
 *     CUcheckpointLockArgs      0 timeoutMs: u32
 *     CUcheckpointRestoreArgs   0 gpuPairs: pointer to {old: 16 bytes, new: 16 bytes}...   8 gpuPairsCount: u32
 * </pre>
 *
 * <p>No structure at all means the same as one of zeros; so a driver that has no {@code gpuPairs} yet takes it too.
 */
public final class LibCudaCheckpoints implements ProcessCheckpoints {
    private static final String LIBRARY = "libcuda.so.1";
    /** CUDA 12.8: driver 570. */
    private static final int WITH_CHECKPOINTS = 12_080;
    /** CUDA 13.0: driver 580. */
    private static final int WITH_MOVES = 13_000;

    private static final int ARGUMENTS_BYTES = 64;
    private static final int UUID_BYTES = 16;
    private static final int NAME_BYTES = 256;
    private static final Duration ANSWER = Duration.ofSeconds(60);
    /** How much longer than its timeout a lock may take, to say that it is over. */
    private static final Duration GRACE = Duration.ofSeconds(10);
    /** For the contents of a device's memory, at less than 1 GB/s. */
    private static final Duration CONTENTS = Duration.ofMinutes(10);

    private final NativeLibrary cuda;
    private final OneCaller caller = new OneCaller();
    private int version;

    private LibCudaCheckpoints(NativeLibrary cuda) {
        this.cuda = cuda;
    }

    /**
     * Loads and initialises the driver.
     *
     * @throws DriverException if there is none, or it is too old, or it does not start: in plain words
     */
    public static LibCudaCheckpoints load() throws DriverException, InterruptedException {
        return load(LIBRARY);
    }

    static LibCudaCheckpoints load(String library) throws DriverException, InterruptedException {
        LibCudaCheckpoints loaded = new LibCudaCheckpoints(NativeLibrary.load(library)
                .orElseThrow(() -> new DriverException("there is no NVIDIA driver (" + library + " is not there)", 0)));
        loaded.initialise();
        return loaded;
    }

    private void initialise() throws DriverException, InterruptedException {
        caller.call("cuDriverGetVersion", ANSWER, () -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment number = arena.allocate(ValueLayout.JAVA_INT);
                require("cuDriverGetVersion", cuda.integer("cuDriverGetVersion", number));
                version = number.get(ValueLayout.JAVA_INT, 0);
                return version;
            }
        });
        if (version < WITH_CHECKPOINTS || Stream.of(Operation.values()).anyMatch(it -> !cuda.has(it.function()))) {
            throw new DriverException(
                    "the " + description() + " has no process checkpoint; driver 570 (CUDA 12.8) or newer has", 0);
        }
        caller.call("cuInit", ANSWER, () -> {
            require("cuInit", cuda.integer("cuInit", 0));
            return 0;
        });
    }

    @Override
    public String description() {
        return "NVIDIA driver for CUDA " + version / 1000 + "." + version % 1000 / 10;
    }

    @Override
    public boolean canMove() {
        return version >= WITH_MOVES;
    }

    @Override
    public List<Gpu> gpus() throws DriverException, InterruptedException {
        return caller.call("cuDeviceGet", ANSWER, () -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
                require("cuDeviceGetCount", cuda.integer("cuDeviceGetCount", count));
                List<Gpu> gpus = new ArrayList<>();
                for (int ordinal = 0; ordinal < count.get(ValueLayout.JAVA_INT, 0); ordinal++) {
                    gpus.add(gpu(arena, ordinal));
                }
                return List.copyOf(gpus);
            }
        });
    }

    private Gpu gpu(Arena arena, int ordinal) throws DriverException {
        MemorySegment device = arena.allocate(ValueLayout.JAVA_INT);
        require("cuDeviceGet", cuda.integer("cuDeviceGet", device, ordinal));
        int handle = device.get(ValueLayout.JAVA_INT, 0);
        MemorySegment name = arena.allocate(NAME_BYTES);
        require("cuDeviceGetName", cuda.integer("cuDeviceGetName", name, NAME_BYTES, handle));
        MemorySegment uuid = arena.allocate(UUID_BYTES);
        require("cuDeviceGetUuid", cuda.integer("cuDeviceGetUuid_v2", uuid, handle));
        return new Gpu(text(uuid.toArray(ValueLayout.JAVA_BYTE)), name.getString(0));
    }

    @Override
    public OptionalLong deviceBytes(List<Long> pids) throws DriverException, InterruptedException {
        List<Gpu> gpus = gpus();
        return caller.call("the management library's question of used memory", ANSWER, () ->
                Nvml.load().map(nvml -> nvml.usedBy(pids, gpus)).orElse(OptionalLong.empty()));
    }

    @Override
    public ProcessState state(long pid) throws DriverException, InterruptedException {
        return ProcessState.of(ask(Operation.STATE, pid));
    }

    @Override
    public int restoreThread(long pid) throws DriverException, InterruptedException {
        return ask(Operation.RESTORE_THREAD, pid);
    }

    private int ask(Operation operation, long pid) throws DriverException, InterruptedException {
        return caller.call(operation.function() + " of process " + pid, ANSWER, () -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment answer = arena.allocate(ValueLayout.JAVA_INT);
                apply(operation, pid, answer);
                return answer.get(ValueLayout.JAVA_INT, 0);
            }
        });
    }

    @Override
    public void lock(long pid, Duration timeout) throws DriverException, InterruptedException {
        run(Operation.LOCK, pid, timeout.plus(GRACE), arena -> {
            MemorySegment arguments = arena.allocate(ARGUMENTS_BYTES, Long.BYTES);
            // 0 would be no limit.
            int millis = (int) Math.clamp(timeout.toMillis(), 1, Integer.MAX_VALUE);
            arguments.set(ValueLayout.JAVA_INT, 0, millis);
            return arguments;
        });
    }

    @Override
    public void checkpoint(long pid) throws DriverException, InterruptedException {
        run(Operation.CHECKPOINT, pid, CONTENTS, arena -> MemorySegment.NULL);
    }

    @Override
    public void restore(long pid, Map<Gpu, Gpu> moved) throws DriverException, InterruptedException {
        run(Operation.RESTORE, pid, CONTENTS, arena -> moved.isEmpty() ? MemorySegment.NULL : pairs(arena, moved));
    }

    @Override
    public void unlock(long pid) throws DriverException, InterruptedException {
        run(Operation.UNLOCK, pid, ANSWER, arena -> MemorySegment.NULL);
    }

    private static MemorySegment pairs(Arena arena, Map<Gpu, Gpu> moved) {
        MemorySegment pairs = arena.allocate(2L * UUID_BYTES * moved.size(), Long.BYTES);
        long at = 0;
        for (Map.Entry<Gpu, Gpu> pair : moved.entrySet()) {
            for (Gpu gpu : List.of(pair.getKey(), pair.getValue())) {
                MemorySegment.copy(bytes(gpu.uuid()), 0, pairs, ValueLayout.JAVA_BYTE, at, UUID_BYTES);
                at += UUID_BYTES;
            }
        }
        MemorySegment arguments = arena.allocate(ARGUMENTS_BYTES, Long.BYTES);
        arguments.set(ValueLayout.ADDRESS, 0, pairs);
        arguments.set(ValueLayout.JAVA_INT, 8, moved.size());
        return arguments;
    }

    /** Makes what an operation is given; it lives as long as the call. */
    private interface Arguments {
        MemorySegment in(Arena arena);
    }

    private void run(Operation operation, long pid, Duration limit, Arguments arguments)
            throws DriverException, InterruptedException {
        caller.call(operation.function() + " of process " + pid, limit, () -> {
            try (Arena arena = Arena.ofConfined()) {
                apply(operation, pid, arguments.in(arena));
                return 0;
            }
        });
    }

    private void apply(Operation operation, long pid, MemorySegment argument) throws DriverException {
        int result = cuda.integer(operation.function(), Math.toIntExact(pid), argument);
        if (result != 0) {
            String meaning = operation.meaning(result);
            throw new DriverException(
                    operation.function() + " of process " + pid + " answers " + name(result)
                            + (meaning.isEmpty() ? "" : ": " + meaning),
                    result);
        }
    }

    private void require(String function, int result) throws DriverException {
        if (result != 0) {
            throw new DriverException(
                    "the NVIDIA driver does not work here (" + function + " answers " + name(result)
                            + "); see `nvidia-smi` and the kernel's log for why",
                    result);
        }
    }

    private String name(int result) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(ValueLayout.ADDRESS);
            boolean named = cuda.integer("cuGetErrorName", result, text) == 0;
            return named
                    ? NativeLibrary.text(text.get(ValueLayout.ADDRESS, 0)) + " (" + result + ")"
                    : "error " + result;
        }
    }

    private static String text(byte[] uuid) {
        String hex = HexFormat.of().formatHex(uuid);
        return String.format(
                Locale.ROOT,
                "GPU-%s-%s-%s-%s-%s",
                hex.substring(0, 8),
                hex.substring(8, 12),
                hex.substring(12, 16),
                hex.substring(16, 20),
                hex.substring(20));
    }

    private static byte[] bytes(String uuid) {
        return HexFormat.of().parseHex(uuid.substring(uuid.indexOf('-') + 1).replace("-", ""));
    }
}
