package dev.cryo.lower.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.Call.Place;
import dev.cryo.streamlog.call.Call.Space;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf.Range;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every device does with memory, copies and sets. */
@Timeout(60)
public abstract class MemoryContract {
    protected static final long MIB = 1 << 20;
    /** Where nothing lies. */
    private static final long NOWHERE = DeviceRig.BASE + (16L << 30);

    protected final TestBed bed;
    protected DeviceRig rig;

    protected MemoryContract(TestBed bed) {
        this.bed = bed;
    }

    @BeforeEach
    void open() throws Exception {
        rig = DeviceRig.withContext(bed.open());
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
        bed.close();
    }

    private long zeros(long offset, long bytes) {
        long memory = rig.map(offset, bytes);
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory, 0, 1, 0, bytes, 1));
        return memory;
    }

    @Test
    void whatIsUploadedIsDownloaded() {
        long memory = rig.map(512, 3 * MIB);
        byte[] data = new byte[(int) (3 * MIB)];
        new Random(1).nextBytes(data);
        rig.upload(DeviceRig.DEFAULT, memory, data);
        assertThat(rig.download(DeviceRig.DEFAULT, memory, data.length)).isEqualTo(data);
        assertThat(rig.released(1)).containsExactly(new Range(0, data.length));
    }

    @Test
    void aFewBytesTravelInsideTheCall() {
        long memory = zeros(0, 4096);
        for (int i = 1; i < 100; i++) {
            byte[] data = new byte[i];
            data[i - 1] = (byte) i;
            rig.queue(new Call.MemWrite(DeviceRig.DEFAULT, memory, data));
        }
        byte[] found = rig.download(DeviceRig.DEFAULT, memory, 100);
        assertThat(found).startsWith(new byte[98]).endsWith(99, 0);
    }

    @Test
    void setsPatternsOfOneTwoAndFourBytesInRows() {
        long memory = zeros(0, 4096);
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory, 16, 1, 0x1ff, 3, 2));
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory + 4, 16, 2, 0x12345, 3, 2));
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory + 12, 16, 4, 0x01020304, 1, 2));
        rig.map(2 * MIB, 8 * MIB);
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory + 2 * MIB, 0, 4, 0x01020304, MIB, 1));
        byte[] large = rig.download(DeviceRig.DEFAULT, memory + 2 * MIB, (int) (4 * MIB));
        for (int i = 0; i < large.length; i++) {
            assertThat(large[i]).isEqualTo((byte) (4 - i % 4));
        }
        byte[] row = {-1, -1, -1, 0, 0x45, 0x23, 0x45, 0x23, 0x45, 0x23, 0, 0, 4, 3, 2, 1};
        byte[] rows = rig.download(DeviceRig.DEFAULT, memory, 32);
        assertThat(rows).startsWith(row).endsWith(row);
    }

    @Test
    void copiesBoxesBetweenDifferentPitches() {
        long from = rig.map(0, 4096);
        long to = rig.map(2 * MIB, 4096);
        byte[] data = new byte[4096];
        new Random(2).nextBytes(data);
        rig.upload(DeviceRig.DEFAULT, from, data);
        rig.queue(new Call.Copy(
                DeviceRig.DEFAULT, new Place(Space.DEVICE, from + 3, 10, 100),
                new Place(Space.DEVICE, to, 7, 21), 7, 3, 5));
        byte[] box = rig.download(DeviceRig.DEFAULT, to, 105);
        for (int z = 0; z < 5; z++) {
            for (int y = 0; y < 3; y++) {
                for (int x = 0; x < 7; x++) {
                    assertThat(box[z * 21 + y * 7 + x]).isEqualTo(data[3 + z * 100 + y * 10 + x]);
                }
            }
        }
    }

    /** Slices need not be whole rows apart, which the driver's functions for boxes cannot say. */
    @Test
    void copiesBoxesWhoseSlicesAreNoMultipleOfTheirRows() {
        long from = rig.map(0, 4096);
        long to = rig.map(2 * MIB, 4096);
        byte[] data = new byte[4096];
        new Random(4).nextBytes(data);
        rig.upload(DeviceRig.DEFAULT, from, data);
        rig.queue(new Call.Copy(
                DeviceRig.DEFAULT, new Place(Space.DEVICE, from, 10, 101),
                new Place(Space.STAGING, 6 * MIB, 8, 50), 7, 3, 5));
        rig.queue(new Call.Copy(
                DeviceRig.DEFAULT, new Place(Space.STAGING, 6 * MIB, 8, 50),
                new Place(Space.DEVICE, to, 9, 29), 7, 3, 5));
        byte[] box = rig.download(DeviceRig.DEFAULT, to, 4 * 29 + 2 * 9 + 7);
        for (int z = 0; z < 5; z++) {
            for (int y = 0; y < 3; y++) {
                for (int x = 0; x < 7; x++) {
                    assertThat(box[z * 29 + y * 9 + x]).isEqualTo(data[z * 101 + y * 10 + x]);
                }
            }
        }
    }

    @Test
    void anEmptyCopyOrSetDoesNothing() {
        long memory = zeros(0, 4096);
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory, 0, 1, 1, 0, 1));
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory, 16, 4, 1, 4, 0));
        rig.queue(new Call.Copy(DeviceRig.DEFAULT, Place.linear(Space.DEVICE, memory),
                Place.linear(Space.DEVICE, memory + 16), 0, 1, 1));
        rig.queue(new Call.Copy(DeviceRig.DEFAULT, Place.linear(Space.STAGING, 32),
                Place.linear(Space.DEVICE, memory + 16), 0, 1, 1));
        assertThat(rig.download(DeviceRig.DEFAULT, memory, 4096)).containsOnly(0);
    }

    @Test
    void allocationsMayShareAPageOfTheDevice() {
        long first = rig.map(0, 100);
        long second = rig.map(256, 3 * MIB);
        long third = rig.map(4 * MIB, 512);
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, first, 0, 1, 1, 100, 1));
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, second, 0, 1, 2, 3 * MIB, 1));
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, third, 0, 1, 3, 512, 1));
        rig.queue(new Call.MemUnmap(second));
        rig.map(512, MIB);
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, first + 512, 0, 1, 4, MIB, 1));
        assertThat(rig.download(DeviceRig.DEFAULT, first, 100)).containsOnly(1);
        assertThat(rig.download(DeviceRig.DEFAULT, third, 512)).containsOnly(3);
        assertThat(rig.download(DeviceRig.DEFAULT, first + 512, (int) MIB)).containsOnly(4);
    }

    @Test
    void pageLockedMemoryIsReadAndWrittenWhereTheHostHasIt() {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment host = arena.allocate(2 * MIB, 4096);
            long memory = rig.map(0, 2 * MIB);
            rig.call(new Call.HostAlloc(host.address(), DeviceRig.CONTEXT, 2 * MIB, 0, 3));
            host.fill((byte) 9);
            rig.queue(new Call.Copy(DeviceRig.DEFAULT, Place.linear(Space.HOST, host.address()),
                    Place.linear(Space.DEVICE, memory), MIB, 1, 1));
            rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory, 0, 1, 8, 100, 1));
            rig.queue(new Call.Copy(DeviceRig.DEFAULT, Place.linear(Space.DEVICE, memory),
                    Place.linear(Space.HOST, host.address() + MIB), MIB, 1, 1));
            rig.queue(new Call.MemSet(DeviceRig.DEFAULT, host.address(), 0, 1, 7, 10, 1));
            rig.call(new Call.StreamSync(DeviceRig.DEFAULT));
            assertThat(host.asSlice(0, 10).toArray(ValueLayout.JAVA_BYTE)).containsOnly(7);
            assertThat(host.asSlice(10, MIB - 10).toArray(ValueLayout.JAVA_BYTE)).containsOnly(9);
            assertThat(host.asSlice(MIB, 100).toArray(ValueLayout.JAVA_BYTE)).containsOnly(8);
            assertThat(host.asSlice(MIB + 100).toArray(ValueLayout.JAVA_BYTE)).containsOnly(9);
            assertThat(rig.device.pageLocked()).containsExactly(new Range(host.address(), 2 * MIB));
            assertThat(rig.device.has(host.address() + 5)).isTrue();
            rig.call(new Call.HostFree(host.address()));
            assertThat(rig.device.pageLocked()).isEmpty();
            assertThat(rig.code(new Call.HostFree(host.address()))).isEqualTo(CudaResult.INVALID_VALUE);
        }
    }

    @Test
    void freeMemoryIsCounted() {
        Call.MemInfo.Result before = rig.call(new Call.MemInfo(DeviceRig.CONTEXT));
        assertThat(rig.code(new Call.MemMap(NOWHERE, DeviceRig.CONTEXT, before.total() + 2 * MIB)))
                .isEqualTo(CudaResult.OUT_OF_MEMORY);
        long memory = rig.map(0, 256 * MIB);
        assertThat(rig.call(new Call.MemInfo(DeviceRig.CONTEXT)).free()).isLessThanOrEqualTo(before.free() - 256 * MIB);
        rig.queue(new Call.MemUnmap(memory));
        rig.call(new Call.CtxSync(DeviceRig.CONTEXT));
        // What a driver has taken for itself meanwhile is not as much.
        assertThat(rig.call(new Call.MemInfo(DeviceRig.CONTEXT)).free()).isGreaterThan(before.free() - 64 * MIB);
    }

    @Test
    void memoryThatOverlapsIsRefused() {
        rig.map(4096, 4096);
        assertThat(rig.code(new Call.MemMap(DeviceRig.BASE + 8191, DeviceRig.CONTEXT, 1)))
                .isEqualTo(CudaResult.INVALID_VALUE);
        assertThat(rig.code(new Call.MemMap(DeviceRig.BASE, DeviceRig.CONTEXT, 4097)))
                .isEqualTo(CudaResult.INVALID_VALUE);
        rig.map(0, 4096);
        rig.map(8192, 1);
        assertThat(rig.device.has(DeviceRig.BASE + 8191)).isTrue();
        assertThat(rig.device.has(DeviceRig.BASE + 8193)).isFalse();
    }

    @Test
    void aSetOutsideLiveMemoryFaultsItsContextForGood() {
        long memory = zeros(0, 4096);
        rig.call(new Call.StreamSync(DeviceRig.DEFAULT));
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, NOWHERE, 0, 1, 7, 4096, 1));
        int error = rig.code(new Call.StreamSync(DeviceRig.DEFAULT));
        // The driver refuses the function, a device that finds it out later has a fault.
        assertThat(error).isIn(CudaResult.INVALID_VALUE, CudaResult.ILLEGAL_ADDRESS);
        assertThat(rig.faults).hasValue(1);
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory, 0, 1, 7, 4096, 1));
        assertThat(rig.code(new Call.CtxStatus(DeviceRig.CONTEXT))).isEqualTo(error);
        assertThat(rig.code(new Call.MemInfo(DeviceRig.CONTEXT))).isEqualTo(error);
        rig.call(new Call.CtxDestroy(DeviceRig.CONTEXT));
        rig.createContext();
        rig.map(0, 4096);
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory, 0, 1, 7, 4096, 1));
        assertThat(rig.download(DeviceRig.DEFAULT, memory, 4096)).containsOnly(7);
        assertThat(rig.faults).hasValue(1);
    }

    @Test
    void aCopyThatIsRefusedOrDroppedReleasesItsStagingMemory() {
        long memory = rig.map(0, 4096);
        rig.queue(new Call.Copy(
                99, Place.linear(Space.STAGING, 8), Place.linear(Space.DEVICE, memory), 100, 1, 1));
        rig.queue(new Call.Copy(DeviceRig.DEFAULT, Place.linear(Space.STAGING, 16),
                Place.linear(Space.DEVICE, 64), 100, 1, 1));
        rig.queue(new Call.Copy(DeviceRig.DEFAULT, Place.linear(Space.STAGING, 24),
                Place.linear(Space.DEVICE, memory), 100, 1, 1));
        rig.code(new Call.CtxSync(DeviceRig.CONTEXT));
        assertThat(rig.released(3))
                .containsExactlyInAnyOrder(new Range(8, 100), new Range(16, 100), new Range(24, 100));
    }

    @Test
    void pagesAreReadAndWrittenPastAllStreams() throws Exception {
        long memory = zeros(256, 3 * MIB);
        rig.call(new Call.StreamSync(DeviceRig.DEFAULT));
        byte[] data = new byte[(int) (2 * MIB)];
        new Random(6).nextBytes(data);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment contents = arena.allocate(data.length).copyFrom(MemorySegment.ofArray(data));
            rig.device.pages().write(memory + 1000, contents);
            // Before the work that comes next.
            rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory + 1000, 0, 1, 5, 1, 1));
            rig.call(new Call.StreamSync(DeviceRig.DEFAULT));
            data[0] = 5;
            MemorySegment found = rig.device.pages().read(memory + 1000, data.length, arena.allocate(data.length));
            assertThat(found.asSlice(0, data.length).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(data);
        }
    }
}
