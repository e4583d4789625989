package dev.cryo.benchmarks.unified;

import static dev.cryo.benchmarks.unified.Gpu.checkRuntime;
import static dev.cryo.benchmarks.unified.Gpu.of;
import static jcuda.runtime.JCuda.cudaCpuDeviceId;
import static jcuda.runtime.JCuda.cudaStreamCreate;
import static jcuda.runtime.JCuda.cudaStreamSynchronize;

import java.io.IOException;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.runtime.cudaStream_t;

/** The device's part: the kernels of gravity.ptx, queued in one stream. */
final class Gravity {
    private final int device;
    private final cudaStream_t stream = new cudaStream_t();
    private final CUstream ofDriver;
    private final CUfunction link;
    private final CUfunction summarise;
    private final CUfunction accelerate;
    private final CUfunction advance;

    Gravity(int device) throws IOException {
        this.device = device;
        checkRuntime(cudaStreamCreate(stream));
        ofDriver = new CUstream(stream);
        CUmodule module = Gpu.load("gravity");
        link = Gpu.function(module, "link");
        summarise = Gpu.function(module, "summarise");
        accelerate = Gpu.function(module, "accelerate");
        advance = Gpu.function(module, "advance");
    }

    /** Completes the levels from one on: links them downwards and summarises them upwards. */
    void complete(Levels levels, int from, NodePool nodes, Bodies bodies) {
        nodes.prefetch(device, stream);
        for (int level = from; level < levels.levels(); level++) {
            Gpu.launch(link, levels.size(level), ofDriver, of(levels.at(level)), of(levels.size(level)));
        }
        for (int level = levels.levels() - 1; level >= from; level--) {
            Gpu.launch(
                    summarise,
                    levels.size(level),
                    ofDriver,
                    of(levels.at(level)),
                    of(levels.size(level)),
                    of(bodies.masses().memory()));
        }
        synchronize();
    }

    /** Moves the bodies by one step in time. */
    void move(Bodies bodies, long root) {
        int count = bodies.count();
        Gpu.launch(
                accelerate,
                count,
                ofDriver,
                of(bodies.region().memory()),
                of(count),
                of(root),
                of(bodies.masses().memory()),
                of(Universe.OPENING2),
                of(Universe.SOFTENING2));
        Gpu.launch(advance, count, ofDriver, of(bodies.region().memory()), of(count), of(Universe.TIME));
        bodies.region().prefetch(cudaCpuDeviceId, stream);
        synchronize();
    }

    private void synchronize() {
        checkRuntime(cudaStreamSynchronize(stream));
    }
}
