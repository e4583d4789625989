package dev.cryo.benchmarks.unified;

import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUdeviceptr;

/** Pointers to all nodes of a tree, level by level, in unified memory that is replaced when it is too small. */
final class Levels {
    private ManagedRegion pointers = ManagedRegion.allocate(64 * Long.BYTES);
    private int count;
    /** Where each level begins; the last one ends at {@link #count}. */
    private final List<Integer> starts = new ArrayList<>();

    /** Finds the nodes of a tree anew. */
    void fill(NodePool nodes, long root) {
        starts.clear();
        count = 0;
        starts.add(0);
        add(root);
        int from = 0;
        while (from < count) {
            int to = count;
            starts.add(to);
            for (; from < to; from++) {
                long node = node(from);
                for (int octant = 0; octant < NodePool.CHILDREN; octant++) {
                    long child = nodes.child(node, octant);
                    if (child != 0) {
                        add(child);
                    }
                }
            }
        }
        starts.removeLast();
    }

    private void add(long node) {
        if ((long) count * Long.BYTES == pointers.size()) {
            ManagedRegion larger = ManagedRegion.allocate(pointers.size() * 2);
            larger.bytes().put(0, pointers.bytes(), 0, count * Long.BYTES);
            pointers.free();
            pointers = larger;
        }
        pointers.bytes().putLong(count++ * Long.BYTES, node);
    }

    int levels() {
        return starts.size();
    }

    int nodes() {
        return count;
    }

    private long node(int index) {
        return pointers.bytes().getLong(index * Long.BYTES);
    }

    /** The addresses of a level's nodes, for the host. */
    long[] of(int level) {
        long[] nodes = new long[size(level)];
        for (int i = 0; i < nodes.length; i++) {
            nodes[i] = node(starts.get(level) + i);
        }
        return nodes;
    }

    /** Where the pointers to a level's nodes begin, for the device. */
    CUdeviceptr at(int level) {
        return pointers.memory().withByteOffset((long) starts.get(level) * Long.BYTES);
    }

    int size(int level) {
        return (level + 1 < levels() ? starts.get(level + 1) : count) - starts.get(level);
    }

    void free() {
        pointers.free();
    }
}
