package dev.cryo.benchmarks.unified;

import static dev.cryo.benchmarks.unified.Gpu.check;
import static jcuda.driver.JCudaDriver.cuCtxCreate;
import static jcuda.driver.JCudaDriver.cuCtxDestroy;
import static jcuda.driver.JCudaDriver.cuCtxSetCurrent;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuInit;
import static jcuda.driver.JCudaDriver.cuMemAdvise;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmemAttach_flags;
import jcuda.driver.CUmem_advise;

/**
 * Products of matrices and vectors of random sizes in unified memory. In each round the threads share the tasks out
 * among them, so that memory goes from stream to stream and from the host to the device and back. Driver API.
 *
 * <p>Options: {@code --tasks 24 --rounds 5 --threads 4 --largest 320 --device-from 100 --seed 1 --pause-ms 0
 * --verify 1}. Tasks of {@code --device-from} rows or more are done on the device; {@code --verify 0} compares nothing.
 */
public final class UnifiedMemoryStreams implements AutoCloseable {
    private static final int LARGEST = 8192;

    private final CUdevice device = new CUdevice();
    private final CUcontext context = new CUcontext();
    private final ManagedDoubles scale;
    private final double[] scaleOfHost;
    private final List<Lane> lanes = new ArrayList<>();
    private final List<ProductTask> tasks = new ArrayList<>();
    private final ExecutorService threads;
    private final Run run;
    private final int rounds;

    private UnifiedMemoryStreams(Arguments arguments) throws Arguments.Wrong, IOException {
        int largest = arguments.within("largest", 1, LARGEST);
        rounds = arguments.within("rounds", 0, Integer.MAX_VALUE);
        int count = arguments.within("tasks", 1, 1_000_000);
        run = new Run((long) count * rounds, arguments.within("pause-ms", 0, Integer.MAX_VALUE));
        int lanesWanted = arguments.within("threads", 1, 64);
        int deviceFrom = arguments.within("device-from", 0, Integer.MAX_VALUE);
        boolean verified = arguments.within("verify", 0, 1) == 1;
        var random = new Random(arguments.number("seed"));
        for (int id = 0; id < count; id++) {
            var product = new Product(random.nextLong(), 1 + random.nextInt(largest));
            tasks.add(new ProductTask(id, product, product.size() >= deviceFrom, verified));
        }
        check(cuInit(0));
        check(cuDeviceGet(device, 0));
        check(cuCtxCreate(context, 0, device));
        scaleOfHost = new double[largest];
        scale = shared(scaleOfHost);
        CUfunction product = Gpu.function(Gpu.load("products"), "product");
        for (int i = 0; i < lanesWanted; i++) {
            lanes.add(new Lane(device, product, scale));
        }
        threads = Executors.newFixedThreadPool(lanesWanted);
    }

    /** Memory that work of every stream reads and nothing writes any more. */
    private ManagedDoubles shared(double[] copy) {
        var memory = ManagedDoubles.allocate(copy.length, CUmemAttach_flags.CU_MEM_ATTACH_GLOBAL);
        for (int i = 0; i < copy.length; i++) {
            copy[i] = Product.scale(i);
            memory.values().put(i, copy[i]);
        }
        check(cuMemAdvise(memory.memory(), memory.bytes(), CUmem_advise.CU_MEM_ADVISE_SET_READ_MOSTLY, device));
        return memory;
    }

    /** Runs the application. */
    public static void main(String[] args) {
        Arguments declared = new Arguments()
                .with("tasks", 24)
                .with("rounds", 5)
                .with("threads", 4)
                .with("largest", 320)
                .with("device-from", 100)
                .with("seed", 1)
                .with("pause-ms", 0)
                .with("verify", 1);
        Run.main(declared, args, arguments -> {
            try (var streams = new UnifiedMemoryStreams(arguments)) {
                return streams.work();
            }
        });
    }

    private String work() throws Exception {
        Run.say("ready");
        for (int round = 0; round < rounds; round++) {
            var next = new AtomicInteger();
            List<Future<?>> running = new ArrayList<>();
            for (Lane lane : lanes) {
                running.add(threads.submit(() -> take(next, lane)));
            }
            for (Future<?> each : running) {
                await(each);
            }
        }
        var digest = new Digest();
        tasks.forEach(task -> task.end(digest));
        scale.free();
        lanes.forEach(Lane::destroy);
        return digest.hex();
    }

    private Void take(AtomicInteger next, Lane lane) throws InterruptedException {
        check(cuCtxSetCurrent(context));
        try {
            for (int i = next.getAndIncrement(); i < tasks.size(); i = next.getAndIncrement()) {
                run.step("%s", tasks.get(i).round(lane, scaleOfHost));
            }
        } catch (Run.Failed e) {
            next.set(tasks.size());
            throw e;
        }
        return null;
    }

    private static void await(Future<?> thread) throws Exception {
        try {
            Object unused = thread.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    @Override
    public void close() {
        threads.close(); // Whatever has failed, no thread may use memory that goes with the context.
        check(cuCtxDestroy(context));
    }
}
