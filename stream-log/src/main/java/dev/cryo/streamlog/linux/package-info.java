/**
 * What cryo needs of Linux and the JDK does not offer: memory mappings at fixed addresses, shared memory by file
 * descriptor,
 * futexes, page faults of another process, reading another process's memory, and a frozen fork.
 *
 * <p>System calls are made through {@code java.lang.foreign}. A failed one is a {@link
 * dev.cryo.streamlog.linux.LinuxException}
 * that names the call and the error. Addresses are {@code long}s; the caller owns what it maps.
 *
 * <p>Source of the constants: Linux's include/uapi, x86-64.
 */
@NullMarked
package dev.cryo.streamlog.linux;

import org.jspecify.annotations.NullMarked;
