package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.Dim3;
import dev.cryo.lower.ptx.KernelFault;
import dev.cryo.lower.ptx.memory.Absence;
import dev.cryo.lower.ptx.memory.MemoryMap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The state of a thread block while it runs, as plain arrays. Used by one thread at a time and reused from block to
 * block and from launch to launch; the native memory that stands for shared and local memory goes with it.
 */
final class Frame {
    /** Where a filtered set of lanes, a row of addresses and values of uniform operands are put for one step. */
    private static final int SCRATCH_ROWS = 6;
    /** Accesses of a row this near to each other are let have all that lies between them. */
    private static final long MOST_BROUGHT = 4 << 20;

    // Generated code reads these fields directly.
    final int[][] ints;
    final long[][] longs;
    final int[] uniformInts;
    final long[] uniformLongs;
    final long[] rowBases;
    final long[] accessBases;
    final long shared;
    final long local;
    final int localBytes;
    long parameters;

    private final Program program;
    private final Dim3 extents;
    private final int lanes;
    private final int sharedBytes;
    private final MemorySegment sharedMemory;
    private final MemorySegment localMemory;
    private final int[][] scratchInts;
    private final long[][] scratchLongs;
    private final long[] addresses;
    private final int[] warpScratch = new int[32];
    private final int[] warpPicks = new int[32];
    private final Lanes filtered;
    private final BlockState state;
    private final MemoryMap memory;
    private MemoryMap.Snapshot snapshot;
    /** As it was when the block began, or later: nothing becomes absent while a kernel runs. */
    private @Nullable Absence absence;

    private long liveFrom;
    private long liveTo;
    private Dim3 block = new Dim3(0, 0, 0);

    Frame(Program program, LaunchShape shape, MemoryMap memory) {
        this.program = program;
        this.extents = shape.block();
        this.lanes = (int) extents.count();
        this.memory = memory;
        this.snapshot = memory.snapshot();
        this.ints = new int[program.intRows()][lanes];
        this.longs = new long[program.longRows()][lanes];
        this.uniformInts = new int[program.uniformInts()];
        this.uniformLongs = new long[program.uniformLongs()];
        this.rowBases = new long[program.maxAccesses()];
        this.accessBases = new long[program.maxAccesses()];
        this.scratchInts = new int[SCRATCH_ROWS][lanes];
        this.scratchLongs = new long[SCRATCH_ROWS][lanes];
        this.addresses = new long[lanes];
        this.filtered = new Lanes(lanes);
        this.state = new BlockState(lanes);
        this.sharedBytes = shape.sharedBytes();
        this.localBytes = program.localBytes();
        this.sharedMemory = Arena.ofAuto().allocate(sharedBytes, 64);
        this.localMemory = Arena.ofAuto().allocate((long) localBytes * lanes, 64);
        this.shared = sharedMemory.address();
        this.local = localMemory.address();
        program.specials().fillLanes(this);
    }

    /** Whether this frame can be used for blocks of this shape. */
    boolean fits(LaunchShape shape) {
        return shape.block().equals(extents) && shape.sharedBytes() == sharedBytes;
    }

    /** Prepares for a launch: registers that are the same in all its blocks. */
    void begin(LaunchShape shape, Map<String, Long> variables, long parameterBlock) {
        parameters = parameterBlock;
        program.specials().fill(this, shape, variables);
    }

    /** Prepares for a block of the grid: registers that depend on it, and zeroed shared and local memory. */
    void enter(Dim3 position) {
        block = position;
        snapshot = memory.snapshot();
        absence = memory.absence();
        liveFrom = 0;
        liveTo = 0;
        if (sharedBytes > 0) {
            sharedMemory.fill((byte) 0);
        }
        if (localBytes > 0) {
            localMemory.fill((byte) 0);
        }
        program.specials().fill(this, position);
        state.reset();
    }

    BlockState state() {
        return state;
    }

    Program program() {
        return program;
    }

    int lanes() {
        return lanes;
    }

    Dim3 extents() {
        return extents;
    }

    int sharedBytes() {
        return sharedBytes;
    }

    // Registers as rows

    /** A register of 32 bits as a row over the lanes; a uniform one is spread into scratch row {@code slot}. */
    int[] intRow(Place place, int slot, Lanes active) {
        if (!place.uniform()) {
            return ints[place.index()];
        }
        int[] row = scratchInts[slot];
        int value = uniformInts[place.index()];
        if (active.isRange()) {
            Arrays.fill(row, active.from(), active.to(), value);
        } else {
            for (int k = 0; k < active.count(); k++) {
                row[active.list()[k]] = value;
            }
        }
        return row;
    }

    /** A register of 64 bits as a row over the lanes; a uniform one is spread into scratch row {@code slot}. */
    long[] longRow(Place place, int slot, Lanes active) {
        if (!place.uniform()) {
            return longs[place.index()];
        }
        long[] row = scratchLongs[slot];
        long value = uniformLongs[place.index()];
        if (active.isRange()) {
            Arrays.fill(row, active.from(), active.to(), value);
        } else {
            for (int k = 0; k < active.count(); k++) {
                row[active.list()[k]] = value;
            }
        }
        return row;
    }

    /** The row that {@link #intRow} gave. */
    int[] row(Place place, int slot) {
        return place.uniform() ? scratchInts[slot] : ints[place.index()];
    }

    /** The row that {@link #longRow} gave. */
    long[] wideRow(Place place, int slot) {
        return place.uniform() ? scratchLongs[slot] : longs[place.index()];
    }

    /** Values of one warp. */
    int[] warpScratch() {
        return warpScratch;
    }

    /** Results of one warp. */
    int[] warpPicks() {
        return warpPicks;
    }

    /** A row for results that nobody wants. */
    int[] scratchRow() {
        return scratchInts[SCRATCH_ROWS - 1];
    }

    /** A row for results that nobody wants. */
    long[] scratchLongRow() {
        return scratchLongs[SCRATCH_ROWS - 1];
    }

    long[] addresses() {
        return addresses;
    }

    /** The lanes for which a guard holds. The result is valid until the next call. */
    Lanes filter(@Nullable GuardPlace guard, Lanes active) {
        if (guard == null) {
            return active;
        }
        filtered.clear();
        int wanted = guard.negated() ? 0 : -1;
        if (guard.place().uniform()) {
            if (uniformInts[guard.place().index()] == wanted) {
                filtered.copy(active);
            }
            return filtered;
        }
        int[] row = ints[guard.place().index()];
        for (int k = 0; k < active.count(); k++) {
            int lane = active.lane(k);
            if (row[lane] == wanted) {
                filtered.append(lane);
            }
        }
        filtered.settle();
        return filtered;
    }

    // Memory

    /**
     * Whether all addresses from {@code low} up to {@code end}, exclusive, lie in one live allocation; they can be used
     * then. May be false for many addresses of which each would be good alone.
     */
    boolean live(long low, long end) {
        return low >= liveFrom && end <= liveTo && low < end || search(low, end);
    }

    private boolean search(long low, long end) {
        int at = snapshot.find(low);
        if (at < 0 || end > snapshot.end(at) || end < low) {
            return false;
        }
        if (absence != null) {
            return bring(absence, at, low, end);
        }
        liveFrom = snapshot.start(at);
        liveTo = snapshot.end(at);
        return true;
    }

    /** Of what is far apart only that is brought which is used: its addresses are asked for one by one. */
    private boolean bring(Absence from, int at, long low, long end) {
        if (end - low > MOST_BROUGHT && from.isAbsent(low, end)) {
            return false;
        }
        from.require(low, end);
        liveFrom = Math.max(snapshot.start(at), from.start(low));
        liveTo = Math.min(snapshot.end(at), from.end(end - 1));
        absence = memory.absence();
        return true;
    }

    KernelFault fault(KernelFault.Kind kind, Step step, int lane, long address, @Nullable String detail) {
        return new KernelFault(kind, new KernelFault.Place(program.name(), step.line(), step.opcode(), block,
                extents.at(lane)), address, detail);
    }
}
