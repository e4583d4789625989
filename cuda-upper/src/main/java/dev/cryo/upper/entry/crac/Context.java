package dev.cryo.upper.entry.crac;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;

/** The registered resources, which it does not keep from being collected. Thread-safe. */
public final class Context {
    private final List<WeakReference<Resource>> resources = new ArrayList<>();

    /** Those that have been told of the checkpoint under way, in the order of their registration. */
    private List<Resource> told = List.of();

    /** Whether this is a new process that stands for one that was restored: resources are told as they register. */
    private volatile boolean restarted;

    Context() {}

    /** One that no application knows, without resources. */
    public static Context empty() {
        return new Context();
    }

    /** Registers a resource; in a process that was started anew by a restart the resource is told so at once. */
    public void register(Resource resource) {
        synchronized (this) {
            resources.removeIf(each -> each.get() == null);
            resources.add(new WeakReference<>(resource));
        }
        if (restarted) {
            try {
                resource.afterRestore(this);
            } catch (Exception e) {
                throw new IllegalStateException("the resource failed after the restart: " + e, e);
            }
        }
    }

    /** Says that this is a new process that stands for one that was restored. */
    public void startedByRestart() {
        restarted = true;
    }

    /** Tells the resources of a checkpoint, the last registered first; returns what they threw. */
    public List<Throwable> beforeCheckpoint() {
        List<Resource> live = live();
        List<Throwable> failures = new ArrayList<>();
        for (Resource resource : live.reversed()) {
            attempt(() -> resource.beforeCheckpoint(this), failures);
        }
        synchronized (this) {
            told = live;
        }
        return failures;
    }

    /** How many have been told of the checkpoint under way. */
    public synchronized int told() {
        return told.size();
    }

    /** Tells those that were told of the checkpoint that it is over, the first registered first. */
    public List<Throwable> afterRestore() {
        List<Resource> over;
        synchronized (this) {
            over = told;
            told = List.of();
        }
        List<Throwable> failures = new ArrayList<>();
        for (Resource resource : over) {
            attempt(() -> resource.afterRestore(this), failures);
        }
        return failures;
    }

    private synchronized List<Resource> live() {
        List<Resource> live = new ArrayList<>();
        for (WeakReference<Resource> each : resources) {
            Resource resource = each.get();
            if (resource != null) {
                live.add(resource);
            }
        }
        return live;
    }

    private interface Attempt {
        void run() throws Exception;
    }

    private static void attempt(Attempt attempt, List<Throwable> failures) {
        try {
            attempt.run();
        } catch (Exception | LinkageError | AssertionError e) {
            failures.add(e);
        }
    }
}
