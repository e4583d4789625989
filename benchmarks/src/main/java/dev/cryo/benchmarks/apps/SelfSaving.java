package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static dev.cryo.benchmarks.apps.Gpu.of;
import static jcuda.driver.JCudaDriver.cuCtxSetCurrent;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuMemsetD32;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;

/**
 * Saves its own host state through org.crac, and none of its device state: before a checkpoint it writes the step and
 * its CUDA handles and addresses to a file; a new JVM that finds the file goes on from there, with the handles that it
 * reads. Device memory counts the steps and is verified in each.
 *
 * <p>Options: {@code --state FILE --steps 20 --step-ms 100 --managed}; {@code --managed} makes it unified memory, which
 * the host reads and writes in place.
 */
public final class SelfSaving implements Program.Body, Resource {
    private static final int COUNT = 1000;
    private static final int PATIENCE_MS = 20_000;

    private final Path state;
    private final boolean managed;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition resumed = lock.newCondition();
    private final CUcontext context = new CUcontext();
    private final CUmodule module;
    private final CUfunction countUp;
    private final CUstream stream;
    private final CUdeviceptr counters;
    private boolean stopped;
    private int done;
    private int[] last = new int[0];

    private SelfSaving(Options options) throws IOException {
        state = Path.of(options.text("state"));
        managed = options.has("managed");
        if (Files.exists(state)) {
            module = new CUmodule();
            countUp = new CUfunction();
            stream = new CUstream();
            counters = new CUdeviceptr();
            read();
            // What the file says holds from the moment at which the device is back.
            stopped = true;
        } else {
            Handles.set(context, Handles.of(new Gpu().context()));
            module = Gpu.load("counter");
            countUp = Gpu.function(module, "count_up");
            stream = Gpu.stream();
            counters = managed
                    ? Gpu.allocateManaged(COUNT * Integer.BYTES, stream)
                    : Gpu.allocate(COUNT * Integer.BYTES);
            check(cuMemsetD32(counters, 0, COUNT));
        }
        Core.getGlobalContext().register(this);
    }

    /** Runs the application. */
    public static void main(String[] args) {
        Program.main(args, SelfSaving::new, "state", "state.txt", "steps", "20", "step-ms", "100", "managed", "false");
    }

    @Override
    public void step(int step) throws InterruptedException {
        lock.lock();
        try {
            while (stopped) {
                Program.check(resumed.await(PATIENCE_MS, TimeUnit.MILLISECONDS), "nobody says that the device is back");
            }
            if (step > done) {
                count(step);
                done = step;
            }
        } finally {
            lock.unlock();
        }
    }

    private void count(int step) {
        check(cuCtxSetCurrent(context));
        Gpu.launch(countUp, COUNT, stream, of(counters), of(COUNT));
        check(cuStreamSynchronize(stream));
        last = new int[COUNT];
        check(cuMemcpyDtoH(Pointer.to(last), counters, COUNT * Integer.BYTES));
        int[] expected = new int[COUNT];
        for (int i = 0; i < COUNT; i++) {
            expected[i] = step * (i + 1);
        }
        Program.checkEqual("device counter", expected, last);
        if (managed) {
            inPlace(expected);
        }
    }

    /** Reads what the device has counted, spoils it and puts it right again, by the host alone. */
    private void inPlace(int[] expected) {
        MemorySegment memory = MemorySegment.ofAddress(Gpu.address(counters)).reinterpret(COUNT * Integer.BYTES);
        Program.checkEqual("counter in place", expected, memory.toArray(ValueLayout.JAVA_INT));
        memory.fill((byte) 1);
        memory.copyFrom(MemorySegment.ofArray(expected));
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> ignored) throws IOException {
        lock.lock();
        try {
            stopped = true;
            write();
        } finally {
            lock.unlock();
        }
        Program.say("saved step " + done);
    }

    @Override
    public void afterRestore(Context<? extends Resource> ignored) {
        lock.lock();
        try {
            stopped = false;
            resumed.signalAll();
        } finally {
            lock.unlock();
        }
        Program.say("goes on after step " + done);
    }

    private void write() throws IOException {
        long[] values = {
            done, Handles.of(context), Handles.of(module), Handles.of(countUp), Handles.of(stream), Handles.of(counters)
        };
        StringBuilder lines = new StringBuilder();
        for (long value : values) {
            lines.append(value).append('\n');
        }
        Path fresh = state.resolveSibling(state.getFileName() + ".new");
        Files.writeString(fresh, lines);
        Files.move(fresh, state, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private void read() throws IOException {
        long[] values = Files.readAllLines(state).stream().mapToLong(Long::parseLong).toArray();
        done = (int) values[0];
        Handles.set(context, values[1]);
        Handles.set(module, values[2]);
        Handles.set(countUp, values[3]);
        Handles.set(stream, values[4]);
        Handles.set(counters, values[5]);
    }

    @Override
    public String finish() {
        return new Digest().add(last).hex();
    }

    @Override
    public void close() {}
}
