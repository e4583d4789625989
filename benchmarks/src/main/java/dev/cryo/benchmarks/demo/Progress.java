package dev.cryo.benchmarks.demo;

import java.io.Console;
import java.io.PrintStream;
import java.util.Locale;

/** Shows how far the demonstration is: a bar that moves on a terminal, else a line now and then. Thread-safe. */
final class Progress {
    private static final int WIDTH = 40;
    private static final int PLAIN_LINES = 4;

    private final PrintStream out;
    private final boolean terminal;
    private String doing = "";
    private boolean open;
    private int told;

    Progress(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    static Progress onStandardOutput() {
        Console console = System.console();
        return new Progress(System.out, console != null && console.isTerminal());
    }

    /** Begins something new. */
    synchronized void stage(String what) {
        endLine();
        doing = what;
        told = 0;
        out.println(what);
        out.flush();
    }

    /** Says something that belongs to what is being done. */
    synchronized void note(String what) {
        endLine();
        out.println("  " + what);
        out.flush();
    }

    /** Shows that {@code done} of {@code all} are done; it may be fewer than before. */
    synchronized void at(int done, int all) {
        if (terminal) {
            int filled = (int) ((long) WIDTH * done / Math.max(1, all));
            out.print("\r  [" + "#".repeat(filled) + ".".repeat(WIDTH - filled)
                    + String.format(Locale.ROOT, "] epoch %d/%d ", done, all));
            open = true;
        } else if (done * PLAIN_LINES / Math.max(1, all) != told) {
            told = done * PLAIN_LINES / Math.max(1, all);
            out.println("  epoch " + done + "/" + all);
        }
        out.flush();
    }

    /** Ends the bar's line. */
    synchronized void endLine() {
        if (open) {
            out.println();
            open = false;
        }
    }

    @Override
    public String toString() {
        return doing;
    }
}
