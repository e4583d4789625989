package dev.cryo.lower.ptx.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.Call.Place;
import dev.cryo.streamlog.call.Call.Space;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf.Range;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PtxDeviceMemoryTest {
    private static final long MIB = 1 << 20;
    private DeviceRig rig;

    @BeforeEach
    void open() throws Exception {
        rig = new DeviceRig();
    }

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void whatIsUploadedIsDownloaded() {
        long memory = rig.map(512, 3 * MIB);
        byte[] data = new byte[(int) (3 * MIB)];
        new Random(1).nextBytes(data);
        rig.upload(DeviceRig.DEFAULT, memory, data);
        assertThat(rig.download(DeviceRig.DEFAULT, memory, data.length)).isEqualTo(data);
        assertThat(rig.released).containsExactly(new Range(0, data.length));
    }

    @Test
    void freshMemoryIsZeroEvenWhereOtherMemoryWas() {
        long first = rig.map(0, 4096);
        rig.map(4096, 4096);
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, first, 0, 1, 0x5a, 4096, 1));
        rig.queue(new Call.MemUnmap(first));
        rig.map(0, 4096);
        assertThat(rig.download(DeviceRig.DEFAULT, first, 4096)).containsOnly(0);
    }

    @Test
    void setsPatternsOfOneTwoAndFourBytesInRows() {
        long memory = rig.map(0, 4096);
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

    @Test
    void overlappingLinearCopiesGoAsIfByWayOfABuffer() {
        long memory = rig.map(0, 4 * MIB);
        byte[] data = new byte[(int) (3 * MIB)];
        new Random(3).nextBytes(data);
        rig.upload(DeviceRig.DEFAULT, memory, data);
        rig.queue(new Call.Copy(DeviceRig.DEFAULT, Place.linear(Space.DEVICE, memory),
                Place.linear(Space.DEVICE, memory + 13), data.length, 1, 1));
        assertThat(rig.download(DeviceRig.DEFAULT, memory + 13, data.length)).isEqualTo(data);
        rig.queue(new Call.Copy(DeviceRig.DEFAULT, Place.linear(Space.DEVICE, memory + 13),
                Place.linear(Space.DEVICE, memory), data.length, 1, 1));
        assertThat(rig.download(DeviceRig.DEFAULT, memory, data.length)).isEqualTo(data);
    }

    @Test
    void memoryBeyondTheBudgetIsRefusedAndComesBackWhenFreed() {
        long total = rig.call(new Call.MemInfo(DeviceRig.CONTEXT)).total();
        assertThat(total).isEqualTo(1L << 30);
        long memory = rig.map(0, total - 2 * MIB);
        assertThat(rig.call(new Call.MemInfo(DeviceRig.CONTEXT)).free()).isEqualTo(2 * MIB);
        assertThat(rig.code(new Call.MemMap(DeviceRig.BASE + total, DeviceRig.CONTEXT, 2 * MIB + 1)))
                .isEqualTo(CudaResult.OUT_OF_MEMORY);
        rig.queue(new Call.MemUnmap(memory));
        rig.map(total, 4 * MIB);
        assertThat(rig.call(new Call.MemInfo(DeviceRig.CONTEXT)).free()).isEqualTo(total - 4 * MIB);
    }

    @Test
    void slabsThatNoAllocationTouchesAreGivenBack() throws Exception {
        long before = resident();
        long large = rig.map(MIB, 256 * MIB);
        long small = rig.map(257 * MIB, MIB / 2);
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, large, 0, 1, 1, 256 * MIB, 1));
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, small, 0, 1, 2, MIB / 2, 1));
        rig.call(new Call.CtxSync(DeviceRig.CONTEXT));
        assertThat(resident() - before).isGreaterThan(200 * MIB);
        rig.queue(new Call.MemUnmap(large));
        assertThat(rig.device.drain(Duration.ofSeconds(10))).isEmpty();
        assertThat(resident() - before).isLessThan(100 * MIB);
        assertThat(rig.download(DeviceRig.DEFAULT, small, 1000)).containsOnly(2);
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
    }

    @Test
    void aCopyOutsideLiveMemoryFaultsItsContextForGood() {
        long memory = rig.map(0, 4096);
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory + 1, 0, 1, 7, 4096, 1));
        assertThat(rig.code(new Call.StreamSync(DeviceRig.DEFAULT))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
        assertThat(rig.faults).hasValue(1);
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory, 0, 1, 7, 4096, 1));
        assertThat(rig.code(new Call.CtxStatus(DeviceRig.CONTEXT))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
        assertThat(rig.code(new Call.MemInfo(DeviceRig.CONTEXT))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
        assertThat(DeviceRig.peek(memory, 4096).mismatch(Arena.global().allocate(4096))).isEqualTo(-1);
        rig.call(new Call.CtxDestroy(DeviceRig.CONTEXT));
        rig.call(new Call.CtxCreate(DeviceRig.CONTEXT, DeviceRig.DEFAULT, 0, 0, false));
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
        assertThat(rig.released).containsExactly(new Range(8, 100), new Range(16, 100), new Range(24, 100));
    }

    private static long resident() throws Exception {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("RssAnon:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElseThrow();
    }
}
