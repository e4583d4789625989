package dev.cryo.lower.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Random devices come back as they were, on the same kind of device or on another one. */
@Timeout(120)
public abstract class RoundTripContract {
    private static final long MIB = 1 << 20;
    private static final int EVENT = 100;
    private static final int EVENTS = 6;
    private static final int OTHER_MODULE = 3000;

    @TempDir
    private Path folder;

    private final TestBed bed;
    private final TestBed next;
    private final long seed = new Random().nextLong();
    private final SplittableRandom random = new SplittableRandom(seed);
    private final Arena arena = Arena.ofShared();
    private final List<Allocation> allocations = new ArrayList<>();
    private SessionRig session;

    /** Over devices of one bed, restored on devices of another one, or of the same. */
    protected RoundTripContract(TestBed bed, TestBed next) {
        this.bed = bed;
        this.next = next;
    }

    private record Allocation(long address, byte[] contents) {}

    @AfterEach
    void close() throws Exception {
        session.close();
        arena.close();
        bed.close();
        next.close();
    }

    private DeviceRig rig() {
        return session.rig();
    }

    @BeforeEach
    void open() throws Exception {
        System.out.println("seed " + seed);
        session = new SessionRig(bed.open(), folder);
    }

    @RepeatedTest(4)
    void theDeviceThatIsRestoredIsTheOneThatWasCaptured() throws Exception {
        allocate();
        MemorySegment host = arena.allocate(3 * 4096, 4096);
        session.run(new Call.HostAlloc(host.address(), DeviceRig.CONTEXT, 10_000, 0, 3));
        fill(host.asSlice(0, 10_000));
        byte[] hostContents = host.asSlice(0, 10_000).toArray(ValueLayout.JAVA_BYTE);
        KernelRig kernels = new KernelRig(rig());
        session.log().append(kernels.loaded());
        session.log().append(KernelRig.get("count"));
        session.log().append(KernelRig.get("store"));
        load(OTHER_MODULE);
        int counted = 1 + random.nextInt(5);
        for (int i = 0; i < counted; i++) {
            kernels.launch(SessionRig.STREAM, "count", 1, 1, 0, allocations.getFirst().address());
        }
        Call.GlobalGet.Result table = rig().call(new Call.GlobalGet(KernelRig.MODULE, "table"));
        rig().queue(new Call.MemSet(SessionRig.STREAM, table.address() + 4, 0, 4, 99, 1, 1));
        recordEvents();
        write();
        long[] times = times();

        Path image = session.checkpoint(true, this::spoil);
        host.fill((byte) 0);
        session.restore(image, next.open(), next.defers());

        compare();
        assertThat(host.asSlice(0, 10_000).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(hostContents);
        compareEvents(times);
        assertThat(rig().call(new Call.GlobalGet(KernelRig.MODULE, "table"))).isEqualTo(table);
        assertThat(ints(table.address(), 3)).containsExactly(11, 99, 33);
        workGoesOn(counted);
    }

    private void allocate() {
        long at = DeviceRig.BASE;
        for (int i = 0; i < 12; i++) {
            at += random.nextInt(3) == 0 ? random.nextInt(20) * MIB : 0;
            int bytes = switch (random.nextInt(4)) {
                case 0 -> 4 + random.nextInt(4096);
                case 1 -> random.nextInt(1, (int) (5 * MIB));
                case 2 -> (int) MIB * random.nextInt(1, 5);
                default -> 65536 - random.nextInt(100);
            };
            session.run(new Call.MemMap(at, DeviceRig.CONTEXT, bytes));
            allocations.add(new Allocation(at, new byte[bytes]));
            at += (bytes + 255) / 256 * 256;
        }
        for (int i = 0; i < 3; i++) {
            Allocation freed = allocations.remove(1 + random.nextInt(allocations.size() - 1));
            session.run(new Call.MemUnmap(freed.address()));
        }
    }

    private void load(int module) {
        Call.ModuleLoad load =
                new Call.ModuleLoad(module, DeviceRig.CONTEXT, KernelRig.ptx(), KernelRig.GLOBALS, 0);
        session.log().append(load.answered(rig().call(load)));
    }

    private void recordEvents() {
        for (int i = 0; i < EVENTS; i++) {
            session.run(new Call.EventCreate(EVENT + i, DeviceRig.CONTEXT, i == 2 ? 2 : 0));
            if (i != 3) {
                rig().queue(new Call.EventRecord(EVENT + i, i % 2 == 0 ? SessionRig.STREAM : DeviceRig.DEFAULT));
            }
        }
    }

    /** Writes all allocations by work that is still under way when the checkpoint begins. */
    private void write() {
        for (Allocation allocation : allocations) {
            if (random.nextInt(4) == 0) {
                rig().queue(new Call.MemSet(
                        SessionRig.STREAM, allocation.address(), 0, 1, 0, allocation.contents().length, 1));
                continue;
            }
            random.nextBytes(allocation.contents());
            for (int done = 0; done < allocation.contents().length; done += 1 << 20) {
                int bytes = Math.min(1 << 20, allocation.contents().length - done);
                byte[] piece = new byte[bytes];
                System.arraycopy(allocation.contents(), done, piece, 0, bytes);
                if (bytes < 4096) {
                    rig().queue(new Call.MemWrite(SessionRig.STREAM, allocation.address() + done, piece));
                } else {
                    rig().upload(SessionRig.STREAM, allocation.address() + done, piece);
                }
            }
        }
    }

    private void fill(MemorySegment segment) {
        byte[] contents = new byte[(int) segment.byteSize()];
        random.nextBytes(contents);
        segment.copyFrom(MemorySegment.ofArray(contents));
    }

    private long[] times() {
        rig().call(new Call.CtxSync(DeviceRig.CONTEXT));
        long[] times = new long[EVENTS];
        for (int i = 1; i < EVENTS; i++) {
            if (i != 2 && i != 3) {
                times[i] = rig().call(new Call.EventElapsed(EVENT, EVENT + i)).nanoseconds();
            }
        }
        return times;
    }

    /** What comes after the capture does not belong to it. */
    private void spoil() {
        for (Allocation allocation : allocations) {
            rig().queue(new Call.MemSet(
                    SessionRig.STREAM, allocation.address(), 0, 1, 0x77, allocation.contents().length, 1));
        }
        rig().queue(new Call.EventRecord(EVENT + 3, SessionRig.STREAM));
    }

    private void compare() {
        for (Allocation allocation : allocations) {
            byte[] found = rig().read(allocation.address(), allocation.contents().length)
                    .asSlice(0, allocation.contents().length)
                    .toArray(ValueLayout.JAVA_BYTE);
            assertThat(found).as("0x%x, seed %d", allocation.address(), seed).isEqualTo(allocation.contents());
        }
    }

    private void compareEvents(long[] times) {
        for (int i = 0; i < EVENTS; i++) {
            assertThat(rig().code(new Call.EventQuery(EVENT + i))).isEqualTo(CudaResult.SUCCESS);
            if (i == 2 || i == 3) {
                assertThat(rig().code(new Call.EventElapsed(EVENT, EVENT + i))).isEqualTo(CudaResult.INVALID_HANDLE);
            } else {
                assertThat(rig().call(new Call.EventElapsed(EVENT, EVENT + i)).nanoseconds())
                        .isCloseTo(times[i], within(10_000L));
            }
        }
        rig().queue(new Call.EventRecord(EVENT + 3, SessionRig.STREAM));
        rig().call(new Call.EventSync(EVENT + 3));
        assertThat(rig().call(new Call.EventElapsed(EVENT, EVENT + 3)).nanoseconds()).isPositive();
    }

    /** The counter, a variable, has been brought along; memory can be freed and had anew. */
    private void workGoesOn(int counted) {
        long first = allocations.getFirst().address();
        byte[] parameters = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(first).array();
        rig().queue(new Call.Launch(
                KernelRig.id("count"), SessionRig.STREAM, 1, 1, 1, 1, 1, 1, 0, parameters));
        rig().call(new Call.StreamSync(SessionRig.STREAM));
        assertThat(ints(first, 1)).containsExactly(5 + 3 * counted);
        assertThat(rig().call(new Call.GlobalGet(OTHER_MODULE, "counter")).address())
                .isNotEqualTo(rig().call(new Call.GlobalGet(KernelRig.MODULE, "counter")).address());
        Allocation last = allocations.getLast();
        rig().queue(new Call.MemUnmap(last.address()));
        rig().call(new Call.MemMap(last.address(), DeviceRig.CONTEXT, 2 * MIB));
        rig().queue(new Call.MemSet(SessionRig.STREAM, last.address(), 0, 1, 1, 2 * MIB, 1));
        assertThat(rig().download(SessionRig.STREAM, last.address(), (int) (2 * MIB))).containsOnly(1);
    }

    private int[] ints(long address, int count) {
        int[] values = new int[count];
        MemorySegment.copy(rig().read(address, 4L * count), ValueLayout.JAVA_INT, 0, values, 0, count);
        return values;
    }
}
