package dev.cryo.benchmarks.apps;

/** What the applications have in common: how they start, pace themselves, fail and end. */
public final class Program {
    private Program() {}

    /** The application itself; closing ends it. */
    interface Body extends AutoCloseable {
        /** Does one step and verifies it; counted from 1. */
        void step(int step) throws Exception;

        /** Verifies what is only known at the end, and returns the digest of the results. */
        String finish() throws Exception;
    }

    /** Prepares an application from its options. */
    interface Preparation {
        Body prepare(Options options) throws Exception;
    }

    /** A check that did not hold. */
    public static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1;

        /** With what differed. */
        public Failed(String message) {
            super(message);
        }
    }

    /** Runs to the end of the process: prints OK and the digest, or what failed, and exits. */
    static void main(String[] args, Preparation preparation, String... declared) {
        System.exit(run(args, preparation, declared));
    }

    /** A program that is not made of steps. */
    public interface Whole {
        /** Does all of it. */
        void run(Options options) throws Exception;
    }

    /** Runs a program that prints its results itself to the end of the process; a failure is printed and exits. */
    public static void whole(String[] args, Whole program, String... declared) {
        Options options;
        try {
            options = Options.parse(args, declared);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
            return;
        }
        System.exit(finished(() -> program.run(options)));
    }

    private interface Work {
        void run() throws Exception;
    }

    private static int finished(Work work) {
        try {
            work.run();
            return 0;
        } catch (Failed e) {
            System.err.println("FAILED: " + e.getMessage());
        } catch (Exception e) {
            System.err.println("FAILED: " + e);
            e.printStackTrace();
        }
        return 1;
    }

    private static int run(String[] args, Preparation preparation, String... declared) {
        Options options;
        try {
            options = Options.parse(args, declared);
            options.count("steps");
            options.count("step-ms");
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            return 2;
        }
        return finished(() -> inSteps(options, preparation));
    }

    private static void inSteps(Options options, Preparation preparation) throws Exception {
        try (Body body = preparation.prepare(options)) {
            say("ready");
            int steps = options.count("steps");
            for (int step = 1; step <= steps; step++) {
                body.step(step);
                say("step " + step + "/" + steps);
                Thread.sleep(options.count("step-ms"));
            }
            say("OK " + body.finish());
        }
    }

    /** Prints a line at once. */
    public static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    /** Throws {@link Failed} unless something holds. */
    public static void check(boolean holds, String message) {
        if (!holds) {
            throw new Failed(message);
        }
    }

    /** Checks that two arrays are equal, else says where they first differ. */
    static void checkEqual(String what, int[] expected, int[] actual) {
        check(expected.length == actual.length, what + ": length " + actual.length + ", expected " + expected.length);
        for (int i = 0; i < expected.length; i++) {
            if (expected[i] != actual[i]) {
                throw new Failed(what + "[" + i + "] is " + actual[i] + ", expected " + expected[i]);
            }
        }
    }
}
