package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.Dim3;

/**
 * The shape of a launch.
 *
 * @param sharedBytes static and dynamic shared memory of a block
 * @param dynamicSharedBytes the dynamic part
 * @param gridId a number that tells launches apart
 */
public record LaunchShape(Dim3 grid, Dim3 block, int sharedBytes, int dynamicSharedBytes, long gridId) {
}
