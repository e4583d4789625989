/**
 * The upper half's part in a checkpoint, and the channel to a lower half in the same process.
 *
 * <p>{@link dev.cryo.upper.gate.CheckpointClient} talks to the supervisor on a daemon thread of its own:
 *
 * <pre>
 *   connect, Hello ----------> Welcome      the application may start, or goes on
 *   Gate     resources, then the gate closes, nothing is under way ----> Gated(log)
 *   Suspend  ----> Suspended, socket closed; connect anew until welcomed; the gate opens, resources ----> Running
 *   Resume   the gate opens, resources ----> Running
 * </pre>
 *
 * <p>Whatever goes wrong before the checkpoint is complete, the gate opens again and the application runs on.
 */
@NullMarked
package dev.cryo.upper.gate;

import org.jspecify.annotations.NullMarked;
