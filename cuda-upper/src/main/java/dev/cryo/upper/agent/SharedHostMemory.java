package dev.cryo.upper.agent;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.linux.LinuxException;
import dev.cryo.streamlog.linux.SharedMemory;
import dev.cryo.upper.cuda.HostMemory;

/** Page-locked memory as shared memory of a file descriptor. */
record SharedHostMemory(SharedMemory memory) implements HostMemory.Mapping {
    /** Maps fresh memory. */
    static HostMemory.Mapping map(long address, long bytes) throws LinuxException {
        return new SharedHostMemory(SharedMemory.createAt(Call.HostAlloc.memoryName(address), address, bytes));
    }

    @Override
    public int descriptor() {
        return memory.descriptor();
    }

    @Override
    public void close() throws LinuxException {
        memory.close();
    }
}
