package dev.cryo.benchmarks.unified;

import static dev.cryo.benchmarks.unified.Gpu.checkRuntime;
import static jcuda.runtime.JCuda.cudaMemAdvise;
import static jcuda.runtime.cudaMemoryAdvise.cudaMemAdviseSetReadMostly;

/** Bodies in unified memory, as gravity.cu declares them, and apart from them their masses, which never change. */
final class Bodies {
    private static final int ID = 12;
    private static final int VELOCITY = 16;
    private static final int NEXT = 40;
    private static final int BODY_BYTES = 48;

    private final int count;
    private final ManagedRegion bodies;
    private final ManagedRegion masses;

    Bodies(Universe universe, int device) {
        count = universe.count();
        bodies = ManagedRegion.allocate((long) count * BODY_BYTES);
        masses = ManagedRegion.allocate((long) count * Float.BYTES);
        checkRuntime(cudaMemAdvise(masses.memory(), masses.size(), cudaMemAdviseSetReadMostly, device));
        for (int body = 0; body < count; body++) {
            int offset = body * BODY_BYTES;
            bodies.bytes().putInt(offset + ID, body);
            masses.bytes().putFloat(body * Float.BYTES, universe.mass()[body]);
            for (int axis = 0; axis < 3; axis++) {
                int at = offset + axis * Float.BYTES;
                bodies.bytes().putFloat(at, universe.position()[axis][body]);
                bodies.bytes().putFloat(at + VELOCITY, universe.velocity()[axis][body]);
            }
        }
    }

    int count() {
        return count;
    }

    /** All of them. */
    ManagedRegion region() {
        return bodies;
    }

    /** Their masses, by their number. */
    ManagedRegion masses() {
        return masses;
    }

    long address(int body) {
        return bodies.address() + (long) body * BODY_BYTES;
    }

    int id(long address) {
        return bodies.bytes().getInt((int) (address - bodies.address()) + ID);
    }

    float mass(int body) {
        return masses.bytes().getFloat(body * Float.BYTES);
    }

    float position(int body, int axis) {
        return bodies.bytes().getFloat(body * BODY_BYTES + axis * Float.BYTES);
    }

    float velocity(int body, int axis) {
        return bodies.bytes().getFloat(body * BODY_BYTES + VELOCITY + axis * Float.BYTES);
    }

    /** The address of the next body of the same leaf. */
    long next(int body) {
        return bodies.bytes().getLong(body * BODY_BYTES + NEXT);
    }

    void next(int body, long next) {
        bodies.bytes().putLong(body * BODY_BYTES + NEXT, next);
    }

    /** Fails unless positions and velocities are the same to the last bit. */
    void verify(Universe expected, String when) {
        for (int body = 0; body < count; body++) {
            for (int axis = 0; axis < 3; axis++) {
                verify(position(body, axis), expected.position()[axis][body], when, "position", body, axis);
                verify(velocity(body, axis), expected.velocity()[axis][body], when, "velocity", body, axis);
            }
        }
    }

    private static void verify(float actual, float expected, String when, String what, int body, int axis) {
        if (Float.floatToRawIntBits(actual) != Float.floatToRawIntBits(expected)) {
            throw new Run.Failed(String.format(
                    "%s: %s %c of body %d is %a, expected %a", when, what, "xyz".charAt(axis), body, actual, expected));
        }
    }

    /** Adds them to a digest. */
    void digestInto(Digest digest) {
        for (int body = 0; body < count; body++) {
            for (int axis = 0; axis < 3; axis++) {
                digest.add(position(body, axis), velocity(body, axis));
            }
        }
    }

    void free() {
        bodies.free();
        masses.free();
    }
}
