package dev.cryo.benchmarks.unified;

/** The host's part in the tree: builds it, and links and summarises the nodes of its upper levels. */
final class Octree {
    private final NodePool nodes;
    private final Bodies bodies;
    private final Levels levels = new Levels();
    private long root;

    Octree(NodePool nodes, Bodies bodies) {
        this.nodes = nodes;
        this.bodies = bodies;
    }

    long root() {
        return root;
    }

    Levels levels() {
        return levels;
    }

    /** Builds the tree anew. */
    void build() {
        nodes.clear();
        float half = halfSize();
        root = nodes.allocate(half * 2);
        for (int body = 0; body < bodies.count(); body++) {
            insert(body, half);
        }
        levels.fill(nodes, root);
    }

    private float halfSize() {
        float greatest = 0;
        for (int body = 0; body < bodies.count(); body++) {
            for (int axis = 0; axis < 3; axis++) {
                greatest = Math.max(greatest, Math.abs(bodies.position(body, axis)));
            }
        }
        if (!Float.isFinite(greatest)) {
            throw new Run.Failed("a body is nowhere");
        }
        return greatest < 1 ? 1 : Math.scalb(1.0f, Math.getExponent(greatest) + 1);
    }

    /** A way down the tree: a node with its centre, which nodes do not hold. */
    private final class Descent {
        private long node = root;
        private float half;
        private final float[] centre = new float[3];

        Descent(float half) {
            this.half = half;
        }

        int octant(int body) {
            int octant = 0;
            for (int axis = 0; axis < 3; axis++) {
                octant |= bodies.position(body, axis) < centre[axis] ? 0 : 1 << axis;
            }
            return octant;
        }

        long childFor(int body) {
            int octant = octant(body);
            long child = nodes.child(node, octant);
            if (child == 0) {
                child = nodes.allocate(half);
                nodes.child(node, octant, child);
            }
            return child;
        }

        void follow(int body) {
            int octant = octant(body);
            node = nodes.child(node, octant);
            half /= 2;
            for (int axis = 0; axis < 3; axis++) {
                centre[axis] += (octant >> axis & 1) == 0 ? -half : half;
            }
        }
    }

    private void insert(int body, float half) {
        var at = new Descent(half);
        boolean leaf = body == 0;
        for (int level = 0; !leaf && level < Universe.DEEPEST; level++) {
            long resident = nodes.bodies(at.node);
            if (resident != 0) {
                nodes.bodies(at.node, 0);
                nodes.bodies(at.childFor(bodies.id(resident)), resident);
            }
            leaf = nodes.child(at.node, at.octant(body)) == 0;
            at.childFor(body);
            at.follow(body);
        }
        bodies.next(body, nodes.bodies(at.node));
        nodes.bodies(at.node, bodies.address(body));
    }

    /** Links the children of one level's nodes, as the kernel of this name does. */
    void link(int level) {
        for (long node : levels.of(level)) {
            long following = nodes.next(node);
            for (int octant = NodePool.CHILDREN - 1; octant >= 0; octant--) {
                long child = nodes.child(node, octant);
                if (child != 0) {
                    nodes.next(child, following);
                    following = child;
                }
            }
            nodes.more(node, following);
        }
    }

    /** Summarises one level's nodes, as the kernel of this name does. */
    void summarise(int level) {
        for (long node : levels.of(level)) {
            float mass = 0;
            float[] centre = new float[3];
            for (long at = nodes.bodies(node); at != 0; at = bodies.next(bodies.id(at))) {
                int body = bodies.id(at);
                float part = bodies.mass(body);
                mass += part;
                for (int axis = 0; axis < 3; axis++) {
                    centre[axis] = Math.fma(part, bodies.position(body, axis), centre[axis]);
                }
            }
            for (int octant = 0; octant < NodePool.CHILDREN; octant++) {
                long child = nodes.child(node, octant);
                if (child != 0) {
                    float part = nodes.mass(child);
                    mass += part;
                    for (int axis = 0; axis < 3; axis++) {
                        centre[axis] = Math.fma(part, nodes.centre(child, axis), centre[axis]);
                    }
                }
            }
            for (int axis = 0; axis < 3; axis++) {
                centre[axis] /= mass;
            }
            nodes.summary(node, mass, centre);
        }
    }

    void free() {
        levels.free();
    }
}
