package dev.cryo.lower.ptx;

import dev.cryo.lower.ptx.lanes.FramePool;
import dev.cryo.lower.ptx.lanes.GridRun;
import dev.cryo.lower.ptx.lanes.LaunchShape;
import dev.cryo.lower.ptx.lanes.Program;
import dev.cryo.lower.ptx.memory.MemoryMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;

/** A kernel that can be launched. Safe for use by several threads; launches may run at the same time. */
public final class LoadedKernel {
    /** Threads of a block at most. */
    public static final int MAX_THREADS = 1024;
    /** Bytes of shared memory of a block at most, static and dynamic together. */
    public static final int MAX_SHARED_BYTES = 227 * 1024;

    private static final AtomicLong LAUNCHES = new AtomicLong();

    private final EntryInfo info;
    private final FramePool frames;
    private final Map<String, Long> variables;

    LoadedKernel(EntryInfo info, Program program, MemoryMap map, Map<String, Long> variables) {
        this.info = info;
        this.frames = new FramePool(program, map);
        this.variables = variables;
    }

    /** What is known of this kernel. */
    public EntryInfo info() {
        return info;
    }

    /**
     * Executes a grid and returns when all its blocks have ended.
     *
     * @param dynamicSharedBytes shared memory of a block besides the static one
     * @param parameters at least {@link EntryInfo#parameterBytes} bytes
     * @throws KernelFault when a thread did what ends the kernel; what was written before stays written
     * @throws CancellationException when the launch was cancelled; some blocks may not have run
     * @throws IllegalArgumentException when the shape or the parameters are not possible
     */
    public void launch(Dim3 grid, Dim3 block, int dynamicSharedBytes, byte[] parameters, LaunchContext context)
            throws KernelFault {
        int shared = check(grid, block, dynamicSharedBytes, parameters);
        LaunchShape shape = new LaunchShape(grid, block, shared, dynamicSharedBytes, LAUNCHES.incrementAndGet());
        // Confined, as closing a shared arena stops all threads; helpers read the copy by its address.
        GridRun run = new GridRun(frames, shape, variables, parameters, context.cancelled());
        if (!run.run(context.workers(), context.parallelism())) {
            throw new CancellationException("kernel " + info.name() + " was cancelled");
        }
    }

    private int check(Dim3 grid, Dim3 block, int dynamicSharedBytes, byte[] parameters) {
        if (grid.x() < 1 || grid.y() < 1 || grid.z() < 1 || block.x() < 1 || block.y() < 1 || block.z() < 1
                || block.count() > MAX_THREADS) {
            throw new IllegalArgumentException("kernel " + info.name() + ": grid " + grid + ", block " + block);
        }
        int dynamicStart = info.sharedBytes() + 15 & -16;
        long shared = dynamicSharedBytes == 0 ? info.sharedBytes() : (long) dynamicStart + dynamicSharedBytes;
        if (dynamicSharedBytes < 0 || shared > MAX_SHARED_BYTES) {
            throw new IllegalArgumentException("kernel " + info.name() + ": " + shared + " bytes of shared memory");
        }
        if (parameters.length < info.parameterBytes()) {
            throw new IllegalArgumentException("kernel " + info.name() + ": " + parameters.length
                    + " bytes of parameters instead of " + info.parameterBytes());
        }
        return (int) shared;
    }
}
