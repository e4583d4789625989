/**
 * Unified memory by shadow pages: memory that the application and the device both use at one address, kept in step by
 * page faults, without the driver's managed memory.
 *
 * <p>The device's memory is the truth; the application has a <b>shadow</b> of it, page by page. The application's side
 * ({@code dev.cryo.uvm.application}) only maps. The side of the lower half ({@code dev.cryo.uvm.device}), in another
 * process, knows of each page whether the shadow is invalid, clean or dirty and does every change of that: it answers
 * page faults, and before a launch sends what the application wrote to the device and takes away the pages that the
 * launch may write. docs/notes/shadow-pages.md says why it is so, and what was tried before.
 *
 * <p>Not for a process that is both: in one process host and device share their pages. Nor for kernels that wait for
 * the host, or the host for a kernel that still runs: an access waits until the work that may write its page has ended.
 */
@NullMarked
package dev.cryo.uvm;

import org.jspecify.annotations.NullMarked;
