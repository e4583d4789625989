package dev.cryo.benchmarks.unified;

import java.util.Random;

/** How bodies lie at the beginning. */
enum Distribution {
    /** All over a cube: a shallow tree, whose nodes have up to eight children. */
    CUBE {
        @Override
        void place(int body, Random random, float[] at) {
            for (int axis = 0; axis < 3; axis++) {
                at[axis] = centred(random) * 4;
            }
        }
    },
    /** In a few dense heaps far from each other: empty space, and deep branches. */
    CLUSTERS {
        @Override
        void place(int body, Random random, float[] at) {
            var cluster = new Random(body % 5);
            for (int axis = 0; axis < 3; axis++) {
                float offset = centred(random) * centred(random) * centred(random);
                at[axis] = centred(cluster) * 16 + offset;
            }
        }
    },
    /** In a thin disk that turns. */
    DISK {
        @Override
        void place(int body, Random random, float[] at) {
            float x = centred(random);
            float y = centred(random);
            at[0] = x * 8;
            at[1] = y * 8;
            at[2] = centred(random) * 0.01f;
            at[3] = -y;
            at[4] = x;
        }
    },
    /** In line, ever closer: a tree as deep as it may be. */
    LINE {
        @Override
        void place(int body, Random random, float[] at) {
            float along = centred(random);
            float closer = along * along * along * along * along;
            at[0] = closer;
            at[1] = closer * 2;
            at[2] = -closer;
        }
    },
    /** Many at the very same places, which no division separates; half of them leave, and the tree grows. */
    HEAPS {
        @Override
        void place(int body, Random random, float[] at) {
            var heap = new Random(body % 29);
            for (int axis = 0; axis < 3; axis++) {
                at[axis] = centred(heap) * 2;
                at[3 + axis] = body % 2 == 0 ? 0 : centred(random);
            }
        }
    };

    /** Chooses position and velocity, six numbers in all, which are zero before. */
    abstract void place(int body, Random random, float[] at);

    private static float centred(Random random) {
        return random.nextFloat() * 2 - 1;
    }

    /** The bodies of a seed. */
    Universe universe(int count, long seed) {
        var random = new Random(seed * 31 + ordinal());
        var universe = new Universe(count);
        for (int body = 0; body < count; body++) {
            float[] at = new float[6];
            place(body, random, at);
            for (int axis = 0; axis < 3; axis++) {
                universe.position()[axis][body] = at[axis];
                universe.velocity()[axis][body] = at[3 + axis];
            }
            universe.mass()[body] = (1 + random.nextFloat()) / count;
        }
        return universe;
    }
}
