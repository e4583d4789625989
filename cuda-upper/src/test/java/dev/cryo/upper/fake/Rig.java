package dev.cryo.upper.fake;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.linux.SharedMemory;
import dev.cryo.streamlog.log.StreamLog;
import dev.cryo.upper.cuda.Context;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.HostMemory;
import dev.cryo.upper.cuda.UnifiedPages;
import dev.cryo.upper.gate.DirectChannel;
import java.io.IOException;
import java.util.List;

/** CUDA over the fake device, with a context that is current in the thread that started it. */
public record Rig(FakeDevice device, DirectChannel channel, StreamLog log, Cuda cuda, Context context) {
    /** What a test does. */
    @FunctionalInterface
    public interface Action {
        /** Does it. */
        void run() throws CudaError;
    }

    /** Without a context, and not initialised. */
    public static Cuda raw(FakeDevice device) {
        return over(device, new DirectChannel(call -> {}));
    }

    private static Cuda over(FakeDevice device, DirectChannel channel) {
        device.attach(channel);
        channel.connect(device);
        return new Cuda(channel, Rig::map, UnifiedPages.SHARED);
    }

    /** Initialised, with a context. */
    public static Rig start() {
        FakeDevice device = new FakeDevice();
        StreamLog log = new StreamLog();
        DirectChannel channel = new DirectChannel(log::append);
        Cuda cuda = over(device, channel);
        try {
            cuda.devices().initialize(0);
            Context context = cuda.contexts().create(0, 0);
            device.forget();
            return new Rig(device, channel, log, cuda, context);
        } catch (CudaError e) {
            throw new IllegalStateException(e);
        }
    }

    /** The calls that reached the device. */
    public List<Call> calls() {
        return device.calls();
    }

    /** The code that an action fails with; 0 if it does not. */
    public static int code(Action action) {
        try {
            action.run();
            return 0;
        } catch (CudaError e) {
            return e.code();
        }
    }

    private record Memory(SharedMemory memory) implements HostMemory.Mapping {
        @Override
        public int descriptor() {
            return memory.descriptor();
        }

        @Override
        public void close() throws IOException {
            memory.close();
        }
    }

    private static HostMemory.Mapping map(long address, long bytes) throws IOException {
        return new Memory(SharedMemory.createAt(Call.HostAlloc.memoryName(address), address, bytes));
    }
}
