/**
 * The command line: one class for each command, {@link dev.cryo.proxy.cli.Cryo} at the top.
 *
 * <p>Exit codes, those of sysexits.h where there is one ({@link dev.cryo.proxy.cli.ExitCodes}); {@code launch} and
 * {@code restart} exit as the application does, once it has been started.
 */
@NullMarked
package dev.cryo.proxy.cli;

import org.jspecify.annotations.NullMarked;
