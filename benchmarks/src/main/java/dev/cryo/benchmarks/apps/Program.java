package dev.cryo.benchmarks.apps;

/** What the applications have in common: how they start, pace themselves, fail and end. */
final class Program {
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
    static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1;

        Failed(String message) {
            super(message);
        }
    }

    /** Runs to the end of the process: prints OK and the digest, or what failed, and exits. */
    static void main(String[] args, Preparation preparation, String... declared) {
        System.exit(run(args, preparation, declared));
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
        try (Body body = preparation.prepare(options)) {
            say("ready");
            int steps = options.count("steps");
            for (int step = 1; step <= steps; step++) {
                body.step(step);
                say("step " + step + "/" + steps);
                Thread.sleep(options.count("step-ms"));
            }
            say("OK " + body.finish());
            return 0;
        } catch (Failed e) {
            System.err.println("FAILED: " + e.getMessage());
            return 1;
        } catch (Exception e) {
            System.err.println("FAILED: " + e);
            e.printStackTrace();
            return 1;
        }
    }

    static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    static void check(boolean holds, String message) {
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
