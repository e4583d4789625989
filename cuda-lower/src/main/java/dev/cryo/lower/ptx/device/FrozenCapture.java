package dev.cryo.lower.ptx.device;

import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.linux.FrozenFork;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Device contents held by a frozen copy-on-write fork of this process; what was not brought yet from the image of a
 * restart is read from there, unless it need not be read at all.
 */
final class FrozenCapture implements LowerHalf.Capture {
    private final List<LowerHalf.Range> ranges;
    private final LowerHalf.DeviceState state;
    private final DeviceMemory memory;
    private final Set<Long> changed;
    private final Optional<AbsentMemory.Absent> absent;
    private final FrozenFork fork;

    FrozenCapture(DeviceMemory memory, LowerHalf.DeviceState state) throws IOException {
        this.ranges = List.copyOf(memory.ranges());
        this.state = state;
        this.memory = memory;
        this.changed = memory.changed();
        this.absent = memory.absent();
        try {
            this.fork = FrozenFork.fork();
        } catch (IOException | RuntimeException e) {
            absent.ifPresent(AbsentMemory.Absent::close);
            throw e;
        }
    }

    @Override
    public List<LowerHalf.Range> ranges() {
        return ranges;
    }

    @Override
    public LowerHalf.DeviceState state() {
        return state;
    }

    @Override
    public void read(long address, MemorySegment into) throws IOException {
        if (absent.isEmpty() || !absent.get().read(address, into)) {
            fork.read(address, into);
        }
    }

    @Override
    public boolean isUnchanged(long address, long bytes) {
        return absent.isPresent() && absent.get().has(address, bytes) || memory.isUnchanged(changed, address, bytes);
    }

    @Override
    public void stored() {
        memory.stored();
    }

    @Override
    public void close() {
        try (fork) {
            absent.ifPresent(AbsentMemory.Absent::close);
        }
    }
}
