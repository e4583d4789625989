/**
 * What works on this machine: one probe for each thing that cryo can use, which tries it and tells why not.
 *
 * <p>{@link dev.cryo.proxy.doctor.Doctor#examine} gives a {@link dev.cryo.proxy.doctor.Finding} for each; nothing is
 * changed or installed. The probes call into drivers, which may start threads that stay until the JVM ends.
 */
@NullMarked
package dev.cryo.proxy.doctor;

import org.jspecify.annotations.NullMarked;
