package dev.cryo.upper.cuda;

import java.util.Arrays;

/** What {@code cuFuncSetBlockShape}, {@code cuFuncSetSharedSize} and {@code cuParamSet*} set for {@code cuLaunch}. */
public record LegacyLaunch(int blockX, int blockY, int blockZ, int sharedBytes, byte[] parameters) {
    static final LegacyLaunch NONE = new LegacyLaunch(1, 1, 1, 0, new byte[0]);

    /** With the shape of blocks, in threads. */
    public LegacyLaunch block(int x, int y, int z) {
        return new LegacyLaunch(x, y, z, sharedBytes, parameters);
    }

    /** With dynamic shared memory, in bytes. */
    public LegacyLaunch shared(int bytes) {
        return new LegacyLaunch(blockX, blockY, blockZ, bytes, parameters);
    }

    /** With a parameter block of the given size. */
    public LegacyLaunch size(int bytes) {
        return new LegacyLaunch(blockX, blockY, blockZ, sharedBytes, Arrays.copyOf(parameters, bytes));
    }

    /** With bytes of the parameter block, which grows as needed. */
    public LegacyLaunch parameter(int offset, byte[] value) {
        byte[] next = Arrays.copyOf(parameters, Math.max(parameters.length, offset + value.length));
        System.arraycopy(value, 0, next, offset, value.length);
        return new LegacyLaunch(blockX, blockY, blockZ, sharedBytes, next);
    }
}
