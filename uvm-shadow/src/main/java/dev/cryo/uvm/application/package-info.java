/**
 * The application's side of unified memory: its regions, as memory of its own.
 *
 * <p>A {@link dev.cryo.uvm.application.ShadowMemory} maps regions and registers them for page faults; it never moves
 * contents, never waits for another thread and holds no lock while one faults. All the protocol is in {@code
 * dev.cryo.uvm.device}.
 *
 * {@snippet :
 * ShadowMemory shadow = ShadowMemory.open(new Span(base, bytes));
 * // tell the other process shadow.handover()
 * shadow.map(region);     // then tell the other process to add it, then give the address to the application
 * shadow.unmap(region);   // then tell the other process to drop it
 * }
 */
@NullMarked
package dev.cryo.uvm.application;

import org.jspecify.annotations.NullMarked;
