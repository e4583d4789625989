package dev.cryo.proxy.cli;

import java.util.List;

/**
 * Commands that a module above contributes to the command line: {@code demo} and {@code bench} come from benchmarks,
 * which the proxy must not know.
 *
 * <p>Found by {@link java.util.ServiceLoader} when the command line starts, so {@link #commands} must be cheap.
 */
public interface MoreCommands {
    /**
     * Objects that picocli takes as subcommands: each has its {@code @Command} annotation with a name and is a {@code
     * Callable<Integer>} whose answer is the exit code.
     */
    List<Object> commands();
}
