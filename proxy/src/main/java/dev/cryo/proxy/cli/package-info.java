/**
 * The command line: one class for each command, {@link dev.cryo.proxy.cli.Cryo} at the top.
 *
 * <p>Exit codes, those of sysexits.h where there is one ({@link dev.cryo.proxy.cli.ExitCodes}); {@code launch} and
 * {@code restart} exit as the application does, once it has been started.
 *
 * <p>What a command takes is declared in code ({@link dev.cryo.proxy.cli.Declarations}) and not with picocli's
 * annotations: for each type of annotation that is read the JDK makes a class anew in every JVM, which no start cache
 * can hold, and that took a tenth of a second of each command.
 */
@NullMarked
package dev.cryo.proxy.cli;

import org.jspecify.annotations.NullMarked;
