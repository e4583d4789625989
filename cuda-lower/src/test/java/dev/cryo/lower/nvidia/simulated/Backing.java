package dev.cryo.lower.nvidia.simulated;

import dev.cryo.streamlog.linux.LinuxException;
import dev.cryo.streamlog.linux.SharedMemory;

/**
 * Memory that the driver has allocated. It begins with garbage, as nobody promises anything else, and can be mapped at
 * any number of addresses.
 */
final class Backing {
    private static final byte GARBAGE = (byte) 0xa5;
    private static final long FILLED_WHOLE = 16 << 20;
    private static final long FILLED_EVERY = 1 << 20;
    private static final long FILLED_BYTES = 4096;

    private final SharedMemory memory;
    private int mappings;
    private boolean released;
    private boolean freed;

    Backing(long bytes) throws LinuxException {
        memory = SharedMemory.create("simulated-device-memory", bytes);
        if (bytes <= FILLED_WHOLE) {
            memory.segment().fill(GARBAGE);
        } else {
            for (long at = 0; at < bytes; at += FILLED_EVERY) {
                memory.segment().asSlice(at, Math.min(FILLED_BYTES, bytes - at)).fill(GARBAGE);
            }
        }
    }

    long bytes() {
        return memory.bytes();
    }

    int descriptor() {
        return memory.descriptor();
    }

    /** Where the process that plays the device has it. */
    long address() {
        return memory.address();
    }

    void mapped() {
        mappings++;
    }

    /** Returns whether that gave the memory back. */
    boolean unmapped() throws LinuxException {
        mappings--;
        return freeIfUnused();
    }

    /** Gives up the handle; returns whether that gave the memory back. */
    boolean release() throws LinuxException {
        released = true;
        return freeIfUnused();
    }

    private boolean freeIfUnused() throws LinuxException {
        if (!released || mappings > 0 || freed) {
            return false;
        }
        freed = true;
        memory.close();
        return true;
    }
}
