/**
 * What a lower half on an NVIDIA driver needs beyond the calls themselves.
 *
 * <p>{@link dev.cryo.lower.nvidia.ModuleText} rewrites the PTX of a module so that its variables lie where the upper
 * half wants them, and at the same places as on the PTX device:
 *
 * <pre>{@code
 * ModuleText text = ModuleText.parse(ptx);
 * // memory of text.globalsBytes() at globalsAt, of text.managedBytes() at managedAt
 * write(globalsAt, text.initialGlobals(globalsAt, managedAt));
 * write(managedAt, text.initialManaged(globalsAt, managedAt));
 * load(text.relocated(globalsAt, managedAt));
 * }</pre>
 */
@NullMarked
package dev.cryo.lower.nvidia;

import org.jspecify.annotations.NullMarked;
