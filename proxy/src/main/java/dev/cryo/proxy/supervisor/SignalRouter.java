package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.host.OwnProcess;
import dev.cryo.proxy.host.SignalNumbers;
import java.util.List;
import java.util.function.IntConsumer;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Takes the signals that {@code launch} gets. What batch systems send before a time limit makes a checkpoint, the
 * others go to the application as they are; SIGTSTP, as a terminal sends it, stops the application and then this
 * process.
 */
final class SignalRouter {
    /**
     * Not listed is what cannot be caught, what is a defect, and what this JVM keeps for itself: QUIT, and PIPE and
     * XFSZ, which become errors of writing.
     */
    private static final List<String> PASSED_ON = List.of(
            "INT", "HUP", "USR2", "WINCH", "CONT", "ALRM", "VTALRM", "PROF", "XCPU", "IO", "URG", "PWR", "STKFLT");


    private SignalRouter() {}

    /**
     * Routes this process's signals from now on.
     *
     * @param checkpointThenEnd for SIGTERM
     * @param checkpoint for SIGUSR1
     * @param passOn is given the numbers of others
     */
    static void install(Runnable checkpointThenEnd, Runnable checkpoint, IntConsumer passOn, Messages messages) {
        route("TERM", taken -> checkpointThenEnd.run(), messages);
        route("USR1", taken -> checkpoint.run(), messages);
        route("TSTP", taken -> standStill(taken, passOn), messages);
        for (String name : PASSED_ON) {
            route(name, taken -> passOn.accept(taken.getNumber()), messages);
        }
    }

    private static void route(String name, SignalHandler handler, Messages messages) {
        try {
            Signal signal = new Signal(name);
            SignalHandler before = Signal.handle(signal, handler);
            if (before == SignalHandler.SIG_IGN) {
                // nohup, or a shell that starts it in the background, has said that the job shall not be disturbed.
                Signal.handle(signal, before);
            }
        } catch (IllegalArgumentException e) {
            messages.note("SIG" + name + " is not passed on: " + e.getMessage());
        }
    }

    /**
     * The application is in a session of its own, where SIGTSTP stops nothing. This process is stopped by the signal's
     * default action, which the kernel leaves out where nobody could continue it: both go on at once then.
     */
    private static void standStill(Signal stop, IntConsumer passOn) {
        passOn.accept(SignalNumbers.SIGSTOP);
        SignalHandler own = Signal.handle(stop, SignalHandler.SIG_DFL);
        OwnProcess.raise(stop.getNumber());
        Signal.handle(stop, own);
        passOn.accept(SignalNumbers.SIGCONT);
    }
}
