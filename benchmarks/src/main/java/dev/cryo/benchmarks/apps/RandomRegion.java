package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static jcuda.driver.JCudaDriver.cuMemFree;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;

/** A piece of unified memory and what it must hold. Belongs to one thread. */
final class RandomRegion {
    private record Range(int from, int to) {
        boolean meets(int otherFrom, int otherTo) {
            return from < otherTo && otherFrom < to;
        }
    }

    private final CUdeviceptr memory;
    private final long address;
    private final ByteBuffer view;
    private final ByteBuffer expected;
    /** What work that was queued since the stream was last empty reads, and what it writes. */
    private final List<Range> read = new ArrayList<>();

    private final List<Range> written = new ArrayList<>();
    private boolean hostOnly;

    RandomRegion(int bytes, CUstream stream) {
        memory = Gpu.allocateManaged(bytes, stream);
        address = Gpu.address(memory);
        view = memory.getByteBuffer(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
        expected = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    int bytes() {
        return expected.capacity();
    }

    long address() {
        return address;
    }

    CUdeviceptr at(int offset) {
        return memory.withByteOffset(offset);
    }

    /** The memory itself, in little-endian order. */
    ByteBuffer view() {
        return view;
    }

    /** What it must hold, in little-endian order; the device's work is done here too. */
    ByteBuffer expected() {
        return expected;
    }

    /** Whether no work may be queued that uses it. */
    boolean hostOnly() {
        return hostOnly;
    }

    void hostOnly(boolean now) {
        hostOnly = now;
    }

    void queuedRead(int from, int to) {
        read.add(new Range(from, to));
    }

    void queuedWrite(int from, int to) {
        written.add(new Range(from, to));
    }

    /** All queued work has ended. */
    void settled() {
        read.clear();
        written.clear();
    }

    /** Whether no queued work uses it. */
    boolean isSettled() {
        return read.isEmpty() && written.isEmpty();
    }

    boolean mayRead(int from, int to) {
        return written.stream().noneMatch(range -> range.meets(from, to));
    }

    boolean mayWrite(int from, int to) {
        return mayRead(from, to) && read.stream().noneMatch(range -> range.meets(from, to));
    }

    /** Compares a part with what it must hold. */
    void verify(int from, int to) {
        int at = view.slice(from, to - from).mismatch(expected.slice(from, to - from));
        if (at >= 0) {
            fail(from + at, view.get(from + at), "");
        }
    }

    /** Reports a byte that was found to be wrong. */
    void fail(int offset, byte actual, String how) {
        int wrong = 0;
        int last = offset;
        for (int i = 0; i < bytes(); i++) {
            if (view.get(i) != expected.get(i)) {
                wrong++;
                last = i;
            }
        }
        throw new Program.Failed(String.format(
                "region 0x%x of %d bytes%s holds 0x%02x at %d (page %d, byte %d of it), expected 0x%02x; looked at "
                        + "again it holds 0x%02x, and %d bytes are wrong, the last at %d",
                address,
                bytes(),
                how,
                actual,
                offset,
                offset >> 12,
                offset & 4095,
                expected.get(offset),
                view.get(offset),
                wrong,
                last));
    }

    void free() {
        check(cuMemFree(memory));
    }
}
