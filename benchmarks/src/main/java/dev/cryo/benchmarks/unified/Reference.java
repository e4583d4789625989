package dev.cryo.benchmarks.unified;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The same in plain Java, by another way to the same tree: bodies are divided from the top, and the walk recurs. Each
 * floating-point operation is that of the kernels, in their order.
 */
final class Reference {
    private final Universe universe;

    Reference(Universe universe) {
        this.universe = universe;
    }

    private final class Cell {
        final float size;
        /** Those of a leaf, the last first; null in other cells. */
        final @Nullable List<Integer> bodies;

        final List<Cell> children = new ArrayList<>();
        float mass;
        final float[] centre = new float[3];

        Cell(List<Integer> within, float x, float y, float z, float half, int level) {
            size = half * 2;
            if (within.size() == 1 || level == Universe.DEEPEST) {
                bodies = within.reversed();
                bodies.forEach(body -> add(
                        universe.mass()[body],
                        universe.position()[0][body],
                        universe.position()[1][body],
                        universe.position()[2][body]));
            } else {
                bodies = null;
                divide(within, x, y, z, half / 2, level);
                children.forEach(child -> add(child.mass, child.centre[0], child.centre[1], child.centre[2]));
            }
            for (int axis = 0; axis < 3; axis++) {
                centre[axis] /= mass;
            }
        }

        private void divide(List<Integer> within, float x, float y, float z, float quarter, int level) {
            for (int octant = 0; octant < 8; octant++) {
                int wanted = octant;
                List<Integer> part = within.stream()
                        .filter(body -> octant(body, x, y, z) == wanted)
                        .toList();
                if (!part.isEmpty()) {
                    float childX = x + ((octant & 1) == 0 ? -quarter : quarter);
                    float childY = y + ((octant & 2) == 0 ? -quarter : quarter);
                    float childZ = z + ((octant & 4) == 0 ? -quarter : quarter);
                    children.add(new Cell(part, childX, childY, childZ, quarter, level + 1));
                }
            }
        }

        private int octant(int body, float x, float y, float z) {
            return (universe.position()[0][body] < x ? 0 : 1)
                    | (universe.position()[1][body] < y ? 0 : 2)
                    | (universe.position()[2][body] < z ? 0 : 4);
        }

        private void add(float part, float x, float y, float z) {
            mass += part;
            centre[0] = Math.fma(part, x, centre[0]);
            centre[1] = Math.fma(part, y, centre[1]);
            centre[2] = Math.fma(part, z, centre[2]);
        }
    }

    void advance() {
        float half = (float) halfSize(universe);
        List<Integer> all = new ArrayList<>();
        for (int body = 0; body < universe.count(); body++) {
            all.add(body);
        }
        Cell root = new Cell(all, 0, 0, 0, half, 0);
        float[][] pulls = new float[universe.count()][3];
        for (int body = 0; body < universe.count(); body++) {
            walk(root, body, pulls[body]);
        }
        for (int body = 0; body < universe.count(); body++) {
            for (int axis = 0; axis < 3; axis++) {
                float[] velocity = universe.velocity()[axis];
                float[] position = universe.position()[axis];
                velocity[body] = Math.fma(pulls[body][axis], Universe.TIME, velocity[body]);
                position[body] = Math.fma(velocity[body], Universe.TIME, position[body]);
            }
        }
    }

    /** The least power of two, but 1 at least, that all coordinates are smaller than. */
    private static double halfSize(Universe universe) {
        double half = 1;
        for (float[] axis : universe.position()) {
            for (float coordinate : axis) {
                while (Math.abs(coordinate) >= half) {
                    half *= 2;
                }
            }
        }
        return half;
    }

    private void walk(Cell cell, int body, float[] pull) {
        float x = universe.position()[0][body];
        float y = universe.position()[1][body];
        float z = universe.position()[2][body];
        if (cell.bodies != null) {
            for (int other : cell.bodies) {
                float[][] at = universe.position();
                pull(at[0][other] - x, at[1][other] - y, at[2][other] - z, universe.mass()[other], pull);
            }
            return;
        }
        float dx = cell.centre[0] - x;
        float dy = cell.centre[1] - y;
        float dz = cell.centre[2] - z;
        if (cell.size * cell.size < Universe.OPENING2 * distance2(dx, dy, dz)) {
            pull(dx, dy, dz, cell.mass, pull);
        } else {
            for (Cell child : cell.children) {
                walk(child, body, pull);
            }
        }
    }

    private static void pull(float dx, float dy, float dz, float mass, float[] pull) {
        float distance2 = distance2(dx, dy, dz);
        float factor = mass / (distance2 * (float) Math.sqrt(distance2));
        pull[0] = Math.fma(dx, factor, pull[0]);
        pull[1] = Math.fma(dy, factor, pull[1]);
        pull[2] = Math.fma(dz, factor, pull[2]);
    }

    private static float distance2(float dx, float dy, float dz) {
        return Math.fma(dx, dx, Math.fma(dy, dy, Math.fma(dz, dz, Universe.SOFTENING2)));
    }
}
