package dev.cryo.lower.ptx.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.lower.contract.DeviceRig;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.Call.Place;
import dev.cryo.streamlog.call.Call.Space;
import dev.cryo.streamlog.call.LowerHalf;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random work of several streams, and of the host past them, on memory of which much is still in an image, beside what
 * brings it: all of it is as in a model that has everything.
 */
@Timeout(120)
class DeferredRandomTest {
    private static final int STREAMS = 3;
    private static final int OPERATIONS = 150;
    private static final int WINDOW = (int) LowerHalf.Contents.WINDOW_BYTES;

    private final List<IOException> lost = new ArrayList<>();
    private final List<Area> areas = new ArrayList<>();
    @SuppressWarnings("NullAway.Init") // At the beginning of a run.
    private DeviceRig rig;

    @SuppressWarnings("NullAway.Init")
    private DeferredKernels kernels;

    /** An allocation, which only one stream uses, or only the host. */
    private record Area(long address, ByteBuffer model) {
        int words() {
            return model.capacity() / 4;
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void allWorkFindsWhatTheImageHolds(boolean bringsAll) throws Exception {
        run(new Random().nextLong(), bringsAll);
    }

    @Test
    void allWorkFindsWhatTheImageHoldsOnceMore() throws Exception {
        run(4711, true);
    }

    private void run(long seed, boolean bringsAll) throws Exception {
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        try (DeviceRig opened = DeviceRig.withContext(new PtxDevice(1L << 30, bringsAll));
                Arena arena = Arena.ofShared()) {
            rig = opened;
            allocate(random);
            kernels = new DeferredKernels(rig);
            for (int i = 0; i < STREAMS; i++) {
                rig.queue(new Call.StreamCreate(10 + i, DeviceRig.CONTEXT, 1, 0));
            }
            Map<Long, byte[]> image = new HashMap<>();
            areas.forEach(area -> image.put(area.address(), area.model().array().clone()));
            StoredContents contents = new StoredContents(image, 3);
            rig.device.defer(contents, lost::add);
            rig.device.restore(new LowerHalf.DeviceState(0, List.of()));
            Host host = new Host(areas.getLast(), new Random(random.nextLong()), arena);
            Thread thread = Thread.ofPlatform().start(host);
            for (int i = 0; i < OPERATIONS; i++) {
                operate(random);
            }
            thread.join();
            assertThat(host.failure).isNull();
            capture(image, "seed " + seed);
            for (int i = 0; i < OPERATIONS / 3; i++) {
                operate(random);
            }
            rig.call(new Call.CtxSync(DeviceRig.CONTEXT));
            for (Area area : areas) {
                assertHolds(area, "seed " + seed);
            }
            for (long window : contents.windows()) {
                assertThat(contents.loads(window)).as("window %s, seed %s", window, seed).isLessThanOrEqualTo(1);
            }
            assertThat(lost).isEmpty();
        }
    }

    /** Neighbours share windows. */
    private void allocate(Random random) {
        long at = DeviceRig.BASE;
        for (int i = 0; i < STREAMS * 3 + 1; i++) {
            int bytes = 16 * (1 + random.nextInt(random.nextBoolean() ? 5 * WINDOW / 16 : WINDOW / 64));
            rig.call(new Call.MemMap(at, DeviceRig.CONTEXT, bytes));
            byte[] contents = new byte[bytes];
            random.nextBytes(contents);
            if (random.nextInt(3) == 0) {
                Arrays.fill(contents, bytes / 3, bytes, (byte) 0);
            }
            areas.add(new Area(at, ByteBuffer.wrap(contents).order(ByteOrder.LITTLE_ENDIAN)));
            at += (bytes + 255) / 256 * 256L + (random.nextInt(4) == 0 ? 3L * WINDOW : 0);
        }
    }

    private void operate(Random random) {
        int stream = random.nextInt(STREAMS);
        Area to = areas.get(stream * 3 + random.nextInt(3));
        Area from = areas.get(stream * 3 + random.nextInt(3));
        long id = 10 + stream;
        int a = random.nextInt();
        int b = random.nextInt();
        switch (random.nextInt(8)) {
            case 0 -> {
                int fours = 1 + random.nextInt(Math.min(to.words(), from.words()) / 4);
                int toAt = 16 * random.nextInt(to.words() / 4 - fours + 1);
                int fromAt = to == from ? toAt : 16 * random.nextInt(from.words() / 4 - fours + 1);
                kernels.vectors(id, to.address() + toAt, from.address() + fromAt, fours, a, b);
                DeferredKernels.vectors(to.model(), toAt, from.model(), fromAt, fours, a, b);
            }
            case 1, 2 -> {
                int blocks = 1 + random.nextInt(5);
                int threads = DeferredKernels.threads(blocks);
                if (to != from && to.words() >= threads) {
                    int toAt = 4 * random.nextInt(to.words() - threads + 1);
                    kernels.gather(id, blocks, to.address() + toAt, from.address(), from.words(), a, b);
                    DeferredKernels.gather(blocks, to.model(), toAt, from.model(), from.words(), a, b);
                }
            }
            case 3 -> {
                int blocks = 1 + random.nextInt(5);
                kernels.count(id, blocks, to.address(), to.words(), a, b);
                DeferredKernels.count(blocks, to.model(), to.words(), a, b);
            }
            case 4 -> copy(random, id, to, from);
            case 5 -> set(random, id, to);
            case 6 -> {
                byte[] data = new byte[1 + random.nextInt(Math.min(1000, to.model().capacity()))];
                random.nextBytes(data);
                int at = random.nextInt(to.model().capacity() - data.length + 1);
                rig.queue(new Call.MemWrite(id, to.address() + at, data));
                System.arraycopy(data, 0, to.model().array(), at, data.length);
            }
            default -> renew(random, id, to);
        }
    }

    private void copy(Random random, long id, Area to, Area from) {
        int bytes = 1 + random.nextInt(Math.min(to.model().capacity(), from.model().capacity()));
        int toAt = random.nextInt(to.model().capacity() - bytes + 1);
        int fromAt = random.nextInt(from.model().capacity() - bytes + 1);
        rig.queue(new Call.Copy(
                id,
                Place.linear(Space.DEVICE, from.address() + fromAt),
                Place.linear(Space.DEVICE, to.address() + toAt),
                bytes, 1, 1));
        System.arraycopy(from.model().array(), fromAt, to.model().array(), toAt, bytes);
    }

    /** Rows, often so long that they cover windows. */
    private void set(Random random, long id, Area to) {
        int capacity = to.model().capacity();
        int width = 1 + random.nextInt(capacity);
        int pitch = width + (random.nextBoolean() ? 0 : random.nextInt(10_000));
        int height = 1 + (capacity - width) / Math.max(pitch, capacity / 4);
        byte value = (byte) random.nextInt();
        height = Math.min(height, 1 + (capacity - width) / pitch);
        rig.queue(new Call.MemSet(id, to.address(), pitch, 1, value, width, height));
        for (int row = 0; row < height; row++) {
            Arrays.fill(to.model().array(), row * pitch, row * pitch + width, value);
        }
    }

    /** Frees memory and has it anew, which other streams wait for. */
    private void renew(Random random, long id, Area to) {
        if (random.nextInt(4) == 0) {
            rig.queue(new Call.MemUnmap(to.address()));
            rig.call(new Call.MemMap(to.address(), DeviceRig.CONTEXT, to.model().capacity()));
            rig.queue(new Call.MemSet(id, to.address(), 0, 1, 5, 1, 1));
            Arrays.fill(to.model().array(), (byte) 0);
            to.model().put(0, (byte) 5);
        }
    }

    private void capture(Map<Long, byte[]> image, String hint) throws Exception {
        assertThat(rig.device.drain(Duration.ofSeconds(30))).isEmpty();
        try (LowerHalf.Capture capture = rig.device.capture();
                Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(WINDOW);
            for (Area area : areas) {
                int bytes = area.model().capacity();
                for (int at = 0; at < bytes; ) {
                    int count = (int) Math.min(bytes - at, WINDOW - (area.address() + at) % WINDOW);
                    capture.read(area.address() + at, buffer.asSlice(0, count));
                    byte[] found = buffer.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
                    byte[] expected = Arrays.copyOfRange(area.model().array(), at, at + count);
                    assertThat(Arrays.equals(found, expected)).as("capture 0x%x, %s", area.address() + at, hint)
                            .isTrue();
                    if (capture.isUnchanged(area.address() + at, count)) {
                        byte[] original = Arrays.copyOfRange(image.get(area.address()), at, at + count);
                        assertThat(Arrays.equals(found, original)).as("unchanged 0x%x, %s", area.address() + at, hint)
                                .isTrue();
                    }
                    at += count;
                }
            }
        }
    }

    private void assertHolds(Area area, String hint) {
        byte[] found = rig.read(area.address(), area.model().capacity())
                .asSlice(0, area.model().capacity())
                .toArray(ValueLayout.JAVA_BYTE);
        int wrong = Arrays.mismatch(found, area.model().array());
        assertThat(wrong).as("0x%x + %d, %s", area.address(), wrong, hint).isEqualTo(-1);
    }

    /** Reads and writes memory past all streams, as unified memory is. */
    private final class Host implements Runnable {
        private final Area area;
        private final Random random;
        private final Arena arena;
        private volatile @Nullable Throwable failure;

        Host(Area area, Random random, Arena arena) {
            this.area = area;
            this.random = random;
            this.arena = arena;
        }

        @Override
        public void run() {
            try {
                for (int i = 0; i < 40; i++) {
                    int bytes = 1 + random.nextInt(Math.min(10_000, area.model().capacity()));
                    int at = random.nextInt(area.model().capacity() - bytes + 1);
                    byte[] expected = Arrays.copyOfRange(area.model().array(), at, at + bytes);
                    MemorySegment buffer = arena.allocate(bytes);
                    assertThat(rig.device.pages().read(area.address() + at, bytes, buffer)
                                    .asSlice(0, bytes).toArray(ValueLayout.JAVA_BYTE))
                            .isEqualTo(expected);
                    random.nextBytes(expected);
                    rig.device.pages().write(area.address() + at, MemorySegment.ofArray(expected));
                    System.arraycopy(expected, 0, area.model().array(), at, bytes);
                }
            } catch (Throwable e) {
                failure = e;
            }
        }
    }
}
