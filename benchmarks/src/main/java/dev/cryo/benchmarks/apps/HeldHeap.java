package dev.cryo.benchmarks.apps;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * Holds a heap of small objects that are all known, to be checkpointed. Prints {@code ready}, and answers each line of
 * standard input by its first word: {@code collect} after a full garbage collection, {@code replace} after replacing
 * each eighth object, {@code verify} by their number and sum after comparing them all, others at once.
 *
 * <p>Option: {@code --mib 256}.
 */
public final class HeldHeap {
    private static final int WORDS = 60;
    private static final int OBJECT_BYTES = 8 * WORDS + 48;

    private final long[][] objects;

    private HeldHeap(long mib) {
        objects = new long[Math.toIntExact((mib << 20) / OBJECT_BYTES)][];
        for (int i = 0; i < objects.length; i++) {
            objects[i] = object(i);
        }
    }

    private static long[] object(int number) {
        long[] words = new long[WORDS];
        for (int i = 0; i < WORDS; i++) {
            words[i] = word(number, i);
        }
        return words;
    }

    private static long word(int number, int index) {
        long mixed = (number * 64L + index + 1) * 0x9E3779B97F4A7C15L;
        return mixed ^ mixed >>> 29;
    }

    /** Runs until the end of its input. */
    public static void main(String[] args) {
        Program.whole(args, HeldHeap::run, "mib", "256");
    }

    private static void run(Options options) throws IOException {
        var heap = new HeldHeap(options.number("mib"));
        Program.say("ready");
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            Program.say(line + "! " + heap.answer(line));
        }
    }

    private String answer(String line) {
        switch (line.split(" ")[0]) {
            case "collect" -> System.gc();
            case "replace" -> {
                for (int i = 0; i < objects.length; i += 8) {
                    objects[i] = object(i);
                }
            }
            case "verify" -> {
                return verify();
            }
            default -> {
                return "";
            }
        }
        return "";
    }

    private String verify() {
        long sum = 0;
        for (int i = 0; i < objects.length; i++) {
            for (int j = 0; j < WORDS; j++) {
                long word = objects[i][j];
                if (word != word(i, j)) {
                    throw new Program.Failed("object " + i + " has " + word + " as word " + j);
                }
                sum += word;
            }
        }
        return objects.length + " objects, " + sum;
    }
}
