package dev.cryo.streamlog.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Room for the messages of a {@link Userfaultfd}, and the messages last read into it. For one thread. */
public final class FaultMessages {
    // struct uffd_msg: event at 0, flags at 8, address at 16; 32 bytes.
    private static final int MESSAGE_BYTES = 32;
    private static final byte EVENT_PAGEFAULT = 0x12;
    private static final long FLAG_WRITE = 1;
    private static final int EINTR = 4;
    private static final int EAGAIN = 11;
    private static final CFunction READ = CFunction.of("read");

    private final MemorySegment room;

    /** Room for some messages. */
    public FaultMessages(Arena arena, int count) {
        this.room = arena.allocate((long) count * MESSAGE_BYTES, 8);
    }

    /** Replaces the messages by those that are there now, without waiting; returns their number. */
    public int read(Userfaultfd faults) throws LinuxException {
        long read = READ.call(faults.descriptor(), room.address(), room.byteSize());
        if (read < 0 && LibC.errno() != EAGAIN && LibC.errno() != EINTR) {
            throw new LinuxException("read page faults", LibC.errno());
        }
        int count = (int) (Math.max(0, read) / MESSAGE_BYTES);
        for (int i = 0; i < count; i++) {
            byte event = room.get(JAVA_BYTE, (long) i * MESSAGE_BYTES);
            if (event != EVENT_PAGEFAULT) {
                throw new IllegalStateException("userfaultfd told event " + event + ", which was not asked for");
            }
        }
        return count;
    }

    /** The address of a message's page. */
    public long address(int index) {
        return room.get(JAVA_LONG, (long) index * MESSAGE_BYTES + 16) & -VirtualMemory.PAGE_BYTES;
    }

    /** Whether a message's thread wants to write. */
    public boolean isWrite(int index) {
        return (room.get(JAVA_LONG, (long) index * MESSAGE_BYTES + 8) & FLAG_WRITE) != 0;
    }
}
