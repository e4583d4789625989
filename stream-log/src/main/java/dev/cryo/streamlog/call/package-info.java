/**
 * The waist: the vocabulary of calls that passes between the upper half (application) and the lower half (device).
 *
 * <p>Every function of every intercepted binding is normalised into one of the records of {@link
 * dev.cryo.streamlog.call.Call}. A record declares once, beside its components, what it {@linkplain
 * dev.cryo.streamlog.call.Creates creates}, {@linkplain dev.cryo.streamlog.call.Uses uses}, {@linkplain
 * dev.cryo.streamlog.call.Destroys destroys} and {@linkplain dev.cryo.streamlog.call.Sets sets}, and by its type
 * whether
 * the caller waits ({@link dev.cryo.streamlog.call.Call.Blocking}) or not ({@link
 * dev.cryo.streamlog.call.Call.Queued}). {@link dev.cryo.streamlog.call.CallDescriptor} reads the declaration; the
 * binary
 * codec, the ring protocol, the handle table, the log entry and the pruning rule are derived from it:
 *
 * <pre>{@code
 * @Opcode(0x0301)
 * record MemMap(@Creates(MEMORY) long address, @Uses(CONTEXT) long context, long bytes) implements Blocking<Done> {}
 * }</pre>
 *
 * <p>Addresses and ids in calls are made by the upper half and stay true over any lower half. The lower half never
 * writes one back into the application.
 *
 * <p>Danger: an {@link dev.cryo.streamlog.codec.Opcode} is part of the image format. Numbers are never reused.
 */
@NullMarked
package dev.cryo.streamlog.call;

import org.jspecify.annotations.NullMarked;
