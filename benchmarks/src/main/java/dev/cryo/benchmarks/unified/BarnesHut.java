package dev.cryo.benchmarks.unified;

import static dev.cryo.benchmarks.unified.Gpu.checkRuntime;
import static jcuda.runtime.JCuda.cudaDeviceReset;
import static jcuda.runtime.JCuda.cudaFree;
import static jcuda.runtime.JCuda.cudaSetDevice;

import jcuda.Pointer;

/**
 * Bodies that move by their gravity, computed with an octree (Barnes and Hut, A hierarchical O(N log N)
 * force-calculation algorithm, 1986) in unified memory. In each step the host builds the tree anew and links its upper
 * levels, the device links the others and summarises them, the host summarises the upper ones, and the device walks the
 * tree and moves the bodies. Runtime API, and the driver's functions for modules and launches.
 *
 * <p>Options: {@code --bodies 1500 --iterations 6 --seed 1 --pool 400 --host-levels 3 --pause-ms 0 --verify 1}. The
 * iterations are done for each {@link Distribution}; {@code --pool} is the number of nodes in a region of memory;
 * {@code --verify 0} compares nothing.
 */
public final class BarnesHut {
    private static final int DEVICE = 0;

    private final int iterations;
    private final int hostLevels;
    private final boolean verified;
    private final Run run;
    private final Gravity gravity;

    private BarnesHut(Arguments arguments) throws Exception {
        iterations = arguments.within("iterations", 0, Integer.MAX_VALUE);
        hostLevels = arguments.within("host-levels", 0, Universe.DEEPEST + 1);
        verified = arguments.within("verify", 0, 1) == 1;
        run = new Run(
                (long) iterations * Distribution.values().length,
                arguments.within("pause-ms", 0, Integer.MAX_VALUE));
        gravity = new Gravity(DEVICE);
    }

    /** Runs the application. */
    public static void main(String[] args) {
        Arguments declared = new Arguments()
                .with("bodies", 1500)
                .with("iterations", 6)
                .with("seed", 1)
                .with("pool", 400)
                .with("host-levels", 3)
                .with("pause-ms", 0)
                .with("verify", 1);
        Run.main(declared, args, BarnesHut::work);
    }

    private static String work(Arguments arguments) throws Exception {
        int count = arguments.within("bodies", 1, 10_000_000);
        int pool = arguments.within("pool", 1, 10_000_000);
        checkRuntime(cudaSetDevice(DEVICE));
        // Makes the primary context current, which the driver's module and launch functions need.
        checkRuntime(cudaFree(new Pointer()));
        var application = new BarnesHut(arguments);
        Run.say("ready");
        var digest = new Digest();
        for (Distribution distribution : Distribution.values()) {
            Universe universe = distribution.universe(count, arguments.number("seed"));
            application.work(distribution, universe, new NodePool(pool), digest);
        }
        checkRuntime(cudaDeviceReset());
        return digest.hex();
    }

    private void work(Distribution distribution, Universe universe, NodePool nodes, Digest digest)
            throws InterruptedException {
        var bodies = new Bodies(universe, DEVICE);
        var tree = new Octree(nodes, bodies);
        var reference = new Reference(universe);
        for (int iteration = 1; iteration <= iterations; iteration++) {
            step(tree, nodes, bodies);
            if (verified) {
                reference.advance();
                bodies.verify(universe, distribution + ", iteration " + iteration);
            }
            Levels levels = tree.levels();
            run.step(
                    "%s: %d nodes in %d levels and %d regions",
                    distribution, levels.nodes(), levels.levels(), nodes.regions());
        }
        bodies.digestInto(digest);
        tree.free();
        nodes.free();
        bodies.free();
    }

    private void step(Octree tree, NodePool nodes, Bodies bodies) {
        tree.build();
        Levels levels = tree.levels();
        int upper = Math.min(hostLevels, levels.levels());
        for (int level = 0; level < upper; level++) {
            tree.link(level);
        }
        gravity.complete(levels, upper, nodes, bodies);
        for (int level = upper - 1; level >= 0; level--) {
            tree.summarise(level);
        }
        gravity.move(bodies, tree.root());
    }
}
