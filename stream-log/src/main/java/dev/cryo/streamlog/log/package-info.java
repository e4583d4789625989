/**
 * The stream log: the calls that rebuild the live objects of a lower half, and nothing else.
 *
 * <p>{@link dev.cryo.streamlog.log.StreamLog} is kept in the upper half, pruned as calls arrive, so it is bounded by
 * the
 * live objects and not by the running time. What a call does to it follows from the call's declaration alone.
 */
@NullMarked
package dev.cryo.streamlog.log;

import org.jspecify.annotations.NullMarked;
