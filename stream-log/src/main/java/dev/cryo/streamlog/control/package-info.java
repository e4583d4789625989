/**
 * The control protocol between the supervisor and the two halves of a job: a few messages around a checkpoint, over a
 * unix socket of the job's folder; commands of the command line use the same socket. Calls do not go this way; they go
 * through the shared-memory ring.
 *
 * <p>A frame is a length (four bytes, little-endian) and a {@link dev.cryo.streamlog.control.ControlMessage} as its
 * vocabulary encodes it. The halves connect, the supervisor listens. Every request is answered by its answer or by
 * {@link dev.cryo.streamlog.control.ControlMessage.Failed}, one request at a time on a connection, in order.
 */
@NullMarked
package dev.cryo.streamlog.control;

import org.jspecify.annotations.NullMarked;
