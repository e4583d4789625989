/**
 * The two ends of the control protocol of {@link dev.cryo.streamlog.control}: the supervisor's server on the socket of
 * its job's folder, and the client that the proxy and the command line use.
 *
 * <pre>{@code
 * try (ControlServer server = ControlServer.open(ControlSocket.listen(folder.resolve("control.sock")), visitors)) {
 *     // visitors.arrived(connection) is called for everything that says Hello
 *     ControlMessage.Gated gated = connection.ask(new Gate(5000), Gated.class, ofSeconds(6), "the gate to close");
 * }
 * }</pre>
 *
 * <p>Only the owner of the folder can reach the socket. What connects is not trusted all the same: whatever is no
 * frame, no message, or comes before {@code Hello}, ends its connection and nothing else.
 */
@NullMarked
package dev.cryo.proxy.control;

import org.jspecify.annotations.NullMarked;
