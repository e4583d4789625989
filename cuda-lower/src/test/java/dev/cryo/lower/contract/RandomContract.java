package dev.cryo.lower.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.Call.Place;
import dev.cryo.streamlog.call.Call.Space;
import dev.cryo.streamlog.call.CudaResult;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Timeout;

/**
 * Random programs without races, on many streams, against a model that does one thing after the other. Where a step
 * would race with an earlier one on the same buffer, the program orders them first, by an event or by waiting.
 */
@Timeout(120)
public abstract class RandomContract {
    private static final int STREAMS = 6;
    private static final int BUFFERS = 8;
    private static final int WORDS = 40_000;
    private static final long STRIDE = 1 << 20;
    private static final int STEPS = 600;

    private final TestBed bed;
    private long seed;
    private Random random;
    private DeviceRig rig;
    private KernelRig kernels;
    private OrderModel order;
    private final int[][] model = new int[BUFFERS][WORDS];
    private final List<List<OrderModel.Step>> users = new ArrayList<>();
    private final List<List<Boolean>> writes = new ArrayList<>();

    protected RandomContract(TestBed bed) {
        this.bed = bed;
    }

    @BeforeEach
    void open() throws Exception {
        seed = new Random().nextLong();
        System.out.println("seed " + seed);
        random = new Random(seed);
        order = new OrderModel(STREAMS);
        rig = DeviceRig.withContext(bed.open());
        kernels = new KernelRig(rig);
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
        bed.close();
    }

    @RepeatedTest(6)
    void computeWhatTheSequentialModelComputes() {
        prepare();
        for (int i = 0; i < STEPS; i++) {
            step();
        }
        assertThat(rig.code(new Call.CtxSync(DeviceRig.CONTEXT))).isEqualTo(CudaResult.SUCCESS);
        for (int buffer = 0; buffer < BUFFERS; buffer++) {
            int[] found = kernels.ints(DeviceRig.DEFAULT, address(buffer), WORDS);
            assertThat(Arrays.mismatch(found, model[buffer]))
                    .as("first difference in buffer %d, seed %d", buffer, seed)
                    .isEqualTo(-1);
        }
    }

    private void prepare() {
        for (int stream = 1; stream < STREAMS; stream++) {
            int flags = order.isBlocking(stream) ? 0 : 1;
            rig.queue(new Call.StreamCreate(id(stream), DeviceRig.CONTEXT, flags, 0));
            rig.queue(new Call.EventCreate(100 + stream, DeviceRig.CONTEXT, 0));
        }
        rig.queue(new Call.EventCreate(100, DeviceRig.CONTEXT, 0));
        for (int buffer = 0; buffer < BUFFERS; buffer++) {
            rig.map(buffer * STRIDE, 4L * WORDS);
            users.add(new ArrayList<>());
            writes.add(new ArrayList<>());
            fill(0, buffer, 0);
        }
    }

    private static long address(int buffer) {
        return DeviceRig.BASE + buffer * STRIDE;
    }

    private static long id(int stream) {
        return stream == 0 ? DeviceRig.DEFAULT : 10 + stream;
    }

    /** Fresh memory holds anything. */
    private void fill(int stream, int buffer, int value) {
        use(stream, buffer, buffer);
        rig.queue(new Call.MemSet(id(stream), address(buffer), 0, 4, value, WORDS, 1));
        Arrays.fill(model[buffer], value);
    }

    private void step() {
        int stream = random.nextInt(8) == 0 ? 0 : 1 + random.nextInt(STREAMS - 1);
        int target = random.nextInt(BUFFERS);
        int source = (target + 1 + random.nextInt(BUFFERS - 1)) % BUFFERS;
        int words = random.nextBoolean() ? WORDS : 1 + random.nextInt(WORDS);
        switch (random.nextInt(10)) {
            case 0, 1 -> {
                use(stream, target, source);
                rig.queue(new Call.Copy(id(stream), Place.linear(Space.DEVICE, address(source)),
                        Place.linear(Space.DEVICE, address(target)), 4L * words, 1, 1));
                System.arraycopy(model[source], 0, model[target], 0, words);
            }
            case 2 -> {
                use(stream, target, target);
                int value = random.nextInt();
                rig.queue(new Call.MemSet(id(stream), address(target), 0, 4, value, words, 1));
                Arrays.fill(model[target], 0, words, value);
            }
            case 3 -> {
                use(stream, target, target);
                int at = random.nextInt(WORDS);
                int value = random.nextInt();
                rig.queue(new Call.MemWrite(id(stream), address(target) + 4L * at,
                        ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array()));
                model[target][at] = value;
            }
            case 4 -> {
                if (random.nextInt(10) == 0) {
                    rig.queue(new Call.MemUnmap(address(target)));
                    rig.map(target * STRIDE, 4L * WORDS);
                    order.joinAll();
                    fill(stream, target, random.nextInt());
                }
            }
            default -> {
                use(stream, target, source);
                int multiplier = random.nextInt() | 1;
                kernels.launch(id(stream), "mix", 1 + random.nextInt(20), 32 * (1 + random.nextInt(8)), 0,
                        address(target), address(source), words, multiplier);
                for (int i = 0; i < words; i++) {
                    model[target][i] = model[target][i] * multiplier
                            + model[source][Integer.remainderUnsigned(i * 7 + 3, words)];
                }
            }
        }
    }

    /** Orders a step that writes one buffer and reads another after all earlier ones that it would race with. */
    private void use(int stream, int written, int read) {
        await(stream, written, true);
        await(stream, read, false);
        OrderModel.Step step = order.issue(stream);
        if (read != written) {
            users.get(read).add(step);
            writes.get(read).add(false);
        }
        users.get(written).clear();
        writes.get(written).clear();
        users.get(written).add(step);
        writes.get(written).add(true);
    }

    private void await(int stream, int buffer, boolean writing) {
        for (int i = 0; i < users.get(buffer).size(); i++) {
            OrderModel.Step earlier = users.get(buffer).get(i);
            if ((writing || writes.get(buffer).get(i)) && !order.wouldKnow(stream, earlier)) {
                if (random.nextInt(12) == 0) {
                    rig.call(new Call.CtxSync(DeviceRig.CONTEXT));
                    order.joinAll();
                } else {
                    rig.queue(new Call.EventRecord(100 + earlier.stream(), id(earlier.stream())));
                    OrderModel.Step mark = order.issue(earlier.stream());
                    rig.queue(new Call.StreamWait(id(stream), 100 + earlier.stream()));
                    order.await(stream, mark);
                }
            }
        }
    }
}
