/**
 * A CUDA driver without a GPU, for tests: {@link dev.cryo.lower.nvidia.simulated.SimulatedDriver} does on the processor
 * what cuda.h says, and is as unkind as cuda.h allows; {@link dev.cryo.lower.nvidia.simulated.ScriptedDriver} lets any
 * driver fail where a test says.
 */
@NullMarked
package dev.cryo.lower.nvidia.simulated;

import org.jspecify.annotations.NullMarked;
