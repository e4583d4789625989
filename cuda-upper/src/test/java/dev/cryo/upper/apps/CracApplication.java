package dev.cryo.upper.apps;

import org.crac.CheckpointException;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;
import org.crac.RestoreException;

/** Registers resources with org.crac and asks for checkpoints itself. */
public final class CracApplication {
    private static boolean refuse;

    private CracApplication() {}

    private record Noisy(String name) implements Resource {
        @Override
        public void beforeCheckpoint(Context<? extends Resource> context) throws Exception {
            System.out.println("before " + name);
            if (refuse) {
                throw new IllegalStateException(name + " is busy");
            }
        }

        @Override
        public void afterRestore(Context<? extends Resource> context) {
            System.out.println("after " + name);
        }
    }

    /** Takes a checkpoint that succeeds and one that a resource refuses. */
    public static void main(String[] args) throws RestoreException {
        Noisy first = new Noisy("first");
        Noisy second = new Noisy("second");
        Core.getGlobalContext().register(first);
        Core.getGlobalContext().register(second);
        System.out.println("running");
        try {
            Core.checkpointRestore();
            System.out.println("taken");
            refuse = true;
            Core.checkpointRestore();
        } catch (CheckpointException e) {
            System.out.println("refused " + e.getSuppressed()[0].getMessage());
        }
        System.out.println(first + " " + second);
    }
}
