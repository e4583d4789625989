/**
 * The way of calls from the application to its proxy: one piece of shared memory.
 *
 * <p>{@link dev.cryo.streamlog.ring.RingDescriptor} has the picture. Many threads of the application put calls into the
 * ring through one {@link dev.cryo.streamlog.ring.RingClient}; their claims of the ring's tail are the total order. The
 * proxy's one dispatcher, in {@link dev.cryo.streamlog.ring.RingServer}, takes them out and starts them on the lower
 * half.
 * Answers of blocking calls come back through slots, in any order, without the dispatcher waiting for them. Bulk data
 * lies in {@link dev.cryo.streamlog.ring.Staging}.
 *
 * <p>Guarantee: closing the ring's tail is the checkpoint gate. It costs a running call nothing: the bit that closes
 * it is
 * in the word that every claim reads anyway.
 *
 * <p>Ownership: the application creates the memory and keeps it for life, so it is saved and restored with the
 * application; a proxy attaches to it and detaches from it.
 */
@NullMarked
package dev.cryo.streamlog.ring;

import org.jspecify.annotations.NullMarked;
