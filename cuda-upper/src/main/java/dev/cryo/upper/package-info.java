/**
 * The upper half of CUDA: what lives in the application's JVM.
 *
 * <p>From the application down:
 * <ul>
 *   <li>{@link dev.cryo.upper.entry}: on the application's class path; the jar {@code cryo-agent.jar} holds it alone;
 *   <li>{@link dev.cryo.upper.agent}: starts the upper half, rewrites JCuda's classes as they load;
 *   <li>{@link dev.cryo.upper.jcuda}: translates JCuda's functions, loaded once for each class loader that has a JCuda;
 *   <li>{@link dev.cryo.upper.cuda}: CUDA as the application sees it: contexts, streams, memory, copies, launches;
 *   <li>{@link dev.cryo.upper.arena}: chooses device addresses;
 *   <li>{@link dev.cryo.upper.gate}: the upper half's part in a checkpoint.
 * </ul>
 *
 * <p>The folder that the agent runs from holds {@code cryo-agent.jar} (this module's artifact of classifier {@code
 * agent}), and beside it the jars {@code cuda-upper}, {@code stream-log} and {@code uvm-shadow}; below it {@code
 * lower/} holds the jar {@code cuda-lower}, used where the lower half runs in the application's JVM.
 */
@NullMarked
package dev.cryo.upper;

import org.jspecify.annotations.NullMarked;
