package dev.cryo.lower.ptx.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.lower.contract.DeviceRig;
import dev.cryo.lower.contract.MemoryContract;
import dev.cryo.lower.contract.PtxBed;
import dev.cryo.streamlog.call.Call.Place;
import dev.cryo.streamlog.call.Call.Space;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.linux.VirtualMemory;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the PTX device does beyond what every device does. */
class PtxDeviceMemoryTest extends MemoryContract {
    private static final Pattern MAPPING = Pattern.compile("([0-9a-f]+)-[0-9a-f]+ [rwxps-]{4} .*");

    PtxDeviceMemoryTest() {
        super(new PtxBed());
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
        assertThat(resident()).isZero();
        long large = rig.map(MIB, 256 * MIB);
        long small = rig.map(257 * MIB, MIB / 2);
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, large, 0, 1, 1, 256 * MIB, 1));
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, small, 0, 1, 2, MIB / 2, 1));
        rig.call(new Call.CtxSync(DeviceRig.CONTEXT));
        assertThat(resident()).isGreaterThan(256 * MIB);
        rig.queue(new Call.MemUnmap(large));
        assertThat(rig.device.drain(Duration.ofSeconds(10))).isEmpty();
        assertThat(resident()).isLessThan(8 * MIB);
        assertThat(rig.download(DeviceRig.DEFAULT, small, 1000)).containsOnly(2);
    }

    /** A GPU notices only what leaves the pages of all allocations. */
    @Test
    void aSetThatLeavesAnAllocationByOneByteIsAFault() {
        long memory = rig.map(0, 4096);
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory + 1, 0, 1, 7, 4096, 1));
        assertThat(rig.code(new Call.StreamSync(DeviceRig.DEFAULT))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
        assertThat(rig.faults).hasValue(1);
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory, 0, 1, 7, 4096, 1));
        assertThat(rig.code(new Call.CtxStatus(DeviceRig.CONTEXT))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
        assertThat(VirtualMemory.at(memory, 4096).mismatch(Arena.global().allocate(4096))).isEqualTo(-1);
    }

    /** What the kernel has given to the addresses of the device; of the whole process the JVM has a changing share. */
    private static long resident() throws Exception {
        long bytes = 0;
        boolean ofDevice = false;
        for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
            Matcher mapping = MAPPING.matcher(line);
            if (mapping.matches()) {
                long start = Long.parseUnsignedLong(mapping.group(1), 16);
                ofDevice = start >= DeviceRig.BASE && start < DeviceRig.BASE + (1L << 36);
            } else if (ofDevice && line.startsWith("Rss:")) {
                bytes += Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            }
        }
        return bytes;
    }
}
