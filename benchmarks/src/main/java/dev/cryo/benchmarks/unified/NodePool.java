package dev.cryo.benchmarks.unified;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import jcuda.runtime.cudaStream_t;

/**
 * Nodes of a tree in unified memory, as gravity.cu declares them, known by their addresses. They lie in regions: when
 * one is full there comes another, and nodes point from each to each.
 */
final class NodePool {
    static final int CHILDREN = 8;

    private static final int NEXT = 64;
    private static final int MORE = 72;
    private static final int BODIES = 80;
    private static final int X = 88;
    private static final int MASS = 100;
    private static final int SIZE = 104;
    private static final int NODE_BYTES = 112;

    private final int nodesInRegion;
    private final List<ManagedRegion> regions = new ArrayList<>();
    /** The region that is filled, and how far. */
    private int filling;

    private int filled;
    private ManagedRegion last;

    NodePool(int nodesInRegion) {
        this.nodesInRegion = nodesInRegion;
        last = grow();
    }

    private ManagedRegion grow() {
        ManagedRegion region = ManagedRegion.allocate((long) nodesInRegion * NODE_BYTES);
        regions.add(region);
        return region;
    }

    /** Forgets all nodes. The oldest of several regions is freed, and so is what the nodes did not need. */
    void clear() {
        while (regions.size() > filling + 1) {
            regions.removeLast().free();
        }
        if (regions.size() > 1) {
            regions.removeFirst().free();
        }
        filling = 0;
        filled = 0;
        last = regions.getFirst();
    }

    int regions() {
        return filling + 1;
    }

    /** A new node that points nowhere. */
    long allocate(float size) {
        if (filled == nodesInRegion) {
            filling++;
            filled = 0;
            if (filling == regions.size()) {
                grow();
            }
        }
        ManagedRegion region = regions.get(filling);
        int offset = filled++ * NODE_BYTES;
        for (int i = 0; i < NODE_BYTES; i += Long.BYTES) {
            region.bytes().putLong(offset + i, 0);
        }
        region.bytes().putFloat(offset + SIZE, size);
        return region.address() + offset;
    }

    /** Tells the device that it will want all nodes. */
    void prefetch(int device, cudaStream_t stream) {
        regions.subList(0, filling + 1).forEach(region -> region.prefetch(device, stream));
    }

    long child(long node, int octant) {
        return bytes(node).getLong(offset(node) + octant * Long.BYTES);
    }

    void child(long node, int octant, long child) {
        bytes(node).putLong(offset(node) + octant * Long.BYTES, child);
    }

    long next(long node) {
        return bytes(node).getLong(offset(node) + NEXT);
    }

    void next(long node, long next) {
        bytes(node).putLong(offset(node) + NEXT, next);
    }

    void more(long node, long more) {
        bytes(node).putLong(offset(node) + MORE, more);
    }

    long bodies(long node) {
        return bytes(node).getLong(offset(node) + BODIES);
    }

    void bodies(long node, long body) {
        bytes(node).putLong(offset(node) + BODIES, body);
    }

    float centre(long node, int axis) {
        return bytes(node).getFloat(offset(node) + X + axis * Float.BYTES);
    }

    float mass(long node) {
        return bytes(node).getFloat(offset(node) + MASS);
    }

    void summary(long node, float mass, float... centre) {
        ByteBuffer bytes = bytes(node);
        int offset = offset(node);
        bytes.putFloat(offset + MASS, mass);
        for (int axis = 0; axis < 3; axis++) {
            bytes.putFloat(offset + X + axis * Float.BYTES, centre[axis]);
        }
    }

    private ByteBuffer bytes(long node) {
        return find(node).bytes();
    }

    private int offset(long node) {
        return (int) (node - find(node).address());
    }

    private ManagedRegion find(long node) {
        if (!contains(last, node)) {
            last = regions.stream()
                    .filter(region -> contains(region, node))
                    .findFirst()
                    .orElseThrow(() -> new Run.Failed("a pointer to " + Long.toHexString(node) + " is in no region"));
        }
        return last;
    }

    private static boolean contains(ManagedRegion region, long node) {
        return node >= region.address() && node < region.address() + region.size();
    }

    void free() {
        regions.forEach(ManagedRegion::free);
        regions.clear();
    }
}
