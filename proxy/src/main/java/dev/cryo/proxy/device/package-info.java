/**
 * The proxy process: a lower half in a JVM of its own, beside the application.
 *
 * <p>It connects to the supervisor's control socket, does what it is asked, and ends when the connection ends: a proxy
 * without a supervisor is of no use to anybody.
 */
@NullMarked
package dev.cryo.proxy.device;

import org.jspecify.annotations.NullMarked;
