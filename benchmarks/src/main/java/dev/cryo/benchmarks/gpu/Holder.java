package dev.cryo.benchmarks.gpu;

import dev.cryo.benchmarks.apps.Gpu;
import dev.cryo.benchmarks.apps.Options;
import dev.cryo.benchmarks.apps.Program;
import java.io.IOException;

/**
 * Holds device memory and changes one block of it after the other, every {@code --stride}th alone; to be checkpointed.
 * Prints {@code ready N}, N blocks being changed by turns, and {@code round N} after every {@code --told} rounds. It
 * reads standard input between rounds: a line {@code verify} has it compare all of its memory and print
 * {@code verified N}, after N rounds; a line {@code end} does the same and ends it.
 *
 * <p>Options: {@code --mib 1024 --allocations 8 --block-kib 2048 --stride 1 --round-ms 2 --told 16}.
 */
public final class Holder {
    private final Contents contents;
    private final int stride;
    private final int changing;
    private final int told;
    private long round;

    private Holder(Options options) throws IOException {
        contents = new Contents(
                options.number("mib") << 20, options.count("allocations"), options.count("block-kib") << 10);
        stride = Math.max(1, options.count("stride"));
        changing = (contents.blocks() + stride - 1) / stride;
        told = Math.max(1, options.count("told"));
    }

    /** Runs until it is told to end. */
    public static void main(String[] args) {
        Program.whole(
                args, Holder::run,
                "mib", "1024", "allocations", "8", "block-kib", "2048", "stride", "1", "round-ms", "2", "told", "16");
    }

    private static void run(Options options) throws IOException, InterruptedException {
        int pause = options.count("round-ms");
        try (var gpu = new Gpu()) {
            gpu.enter();
            var holder = new Holder(options);
            Program.say("ready " + holder.changing);
            while (!holder.answer().equals("end")) {
                holder.change();
                Thread.sleep(pause);
            }
        }
    }

    private void change() {
        contents.change((int) (round % changing) * stride, ++round);
        if (round % told == 0) {
            Program.say("round " + round);
        }
    }

    /** The line that has come on standard input, which is answered; empty if none has come. */
    private String answer() throws IOException {
        StringBuilder line = new StringBuilder();
        if (System.in.available() > 0) {
            for (int next = System.in.read(); next >= 0 && next != '\n'; next = System.in.read()) {
                line.append((char) next);
            }
            contents.verify();
            Program.say("verified " + round);
        }
        return line.toString();
    }
}
