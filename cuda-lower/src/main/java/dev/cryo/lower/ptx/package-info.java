/**
 * A PTX engine that runs CUDA kernels on the processor.
 *
 * <p>PTX text becomes a {@link dev.cryo.lower.ptx.PtxModule}; placed in device memory it is a
 * {@link dev.cryo.lower.ptx.LoadedModule}, whose {@link dev.cryo.lower.ptx.LoadedKernel}s are launched:
 *
 * <pre>{@code
 * PtxModule module = PtxModule.parse(ptx);
 * map.add(base, module.globalsBytes());
 * LoadedKernel kernel = module.load(map, base).kernel("saxpy");
 * kernel.launch(new Dim3(64), new Dim3(256), 0, parameters, LaunchContext.ownThread());
 * }</pre>
 *
 * <p>A module that parses is a module that runs: whatever is not supported is refused while parsing, by opcode and
 * line. The parts, in the order in which a kernel passes them: {@code parse} (text to syntax), {@code ir} (syntax to
 * typed operations), {@code flow} (control flow, uniform registers, liveness), {@code lanes} (code generation and
 * execution of thread blocks), {@code memory} (what may be accessed). The algorithm is told in docs/notes/ptx-lanes.md.
 */
@NullMarked
package dev.cryo.lower.ptx;

import org.jspecify.annotations.NullMarked;
