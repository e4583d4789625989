package dev.cryo.proxy.supervisor;

import java.util.List;
import java.util.function.IntConsumer;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Takes the signals that {@code launch} gets. What batch systems send before a time limit makes a checkpoint, the
 * others go to the application as they are.
 */
final class SignalRouter {
    /** QUIT stays with the supervisor's own JVM, and what cannot be caught, or is a defect, is not listed. */
    private static final List<String> PASSED_ON = List.of("INT", "HUP", "USR2", "WINCH", "CONT");

    private SignalRouter() {}

    /**
     * Routes this process's signals from now on.
     *
     * @param checkpointThenEnd for SIGTERM
     * @param checkpoint for SIGUSR1
     * @param passOn is given the numbers of others
     */
    static void install(Runnable checkpointThenEnd, Runnable checkpoint, IntConsumer passOn, Messages messages) {
        route("TERM", number -> checkpointThenEnd.run(), messages);
        route("USR1", number -> checkpoint.run(), messages);
        for (String name : PASSED_ON) {
            route(name, passOn, messages);
        }
    }

    private static void route(String name, IntConsumer to, Messages messages) {
        try {
            Signal signal = new Signal(name);
            SignalHandler before = Signal.handle(signal, taken -> to.accept(taken.getNumber()));
            if (before == SignalHandler.SIG_IGN) {
                // nohup, or a shell that starts it in the background, has said that the job shall not be disturbed.
                Signal.handle(signal, before);
            }
        } catch (IllegalArgumentException e) {
            messages.note("SIG" + name + " is not passed on: " + e.getMessage());
        }
    }
}
