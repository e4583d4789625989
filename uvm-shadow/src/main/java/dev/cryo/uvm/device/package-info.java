/**
 * The lower half's side of unified memory: which page of the application's shadow holds what, and every change of that.
 *
 * <p>Runs in another process than the application. It owns one thread, the pager, that answers the application's page
 * faults; launches come through {@link dev.cryo.uvm.device.ManagedMemory#submit}.
 *
 * {@snippet :
 * ManagedMemory managed = ManagedMemory.open(pid, handover, devicePages, failure -> log(failure));
 * managed.add(region, Origin.DEVICE);
 * managed.submit(new Access(stream, Reach.ALL, Reach.of(output)), () -> device.launch(kernel));
 * managed.settle();       // before a synchronisation is answered
 * }
 *
 * <p>A page is never in the application while work is outstanding that may write it. So what the application reads is
 * what all work before has left, and what it writes lies over that; nothing is merged. The states: {@code Region}.
 */
@NullMarked
package dev.cryo.uvm.device;

import org.jspecify.annotations.NullMarked;
