package dev.cryo.lower.ptx;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a kernel without running it.
 *
 * @param parameters in order; their values stand in the parameter block at their offsets
 * @param parameterBytes size of the parameter block
 * @param sharedBytes static shared memory of a block
 * @param localBytes local memory of a thread
 * @param registers an estimate of the registers of a thread
 * @param maxThreads the extents of {@code .maxntid}, or null
 * @param requiredThreads the extents of {@code .reqntid}, or null
 * @param pointers what it may access
 */
public record EntryInfo(String name, List<Parameter> parameters, int parameterBytes, int sharedBytes, int localBytes,
        int registers, @Nullable Dim3 maxThreads, @Nullable Dim3 requiredThreads, PointerUse pointers) {

    /** A kernel parameter: where it stands in the parameter block, in bytes. */
    public record Parameter(String name, int offset, int bytes, int align) {
    }
}
