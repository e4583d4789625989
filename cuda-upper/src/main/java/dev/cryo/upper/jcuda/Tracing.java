package dev.cryo.upper.jcuda;

import java.lang.invoke.CallSite;
import java.lang.invoke.ConstantCallSite;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.MutableCallSite;
import java.util.ArrayList;
import java.util.List;

/**
 * JCuda's log level: from {@code LOG_TRACE} on, every function is named on standard output as it is called, as JCuda's
 * own library does. Costs nothing below that level. Thread-safe.
 */
final class Tracing {
    private static final int TRACE = 5;
    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();

    private final List<Site> sites = new ArrayList<>();
    private boolean on;

    private record Site(MutableCallSite site, MethodHandle plain, MethodHandle traced) {}

    /** A call site that follows the level. */
    synchronized CallSite site(String function, MethodHandle target) {
        MethodHandle traced = MethodHandles.foldArguments(target, handle("say").bindTo(function));
        Site site = new Site(new MutableCallSite(on ? traced : target), target, traced);
        sites.add(site);
        return site.site();
    }

    /** The call site of the function that sets the level. */
    CallSite control(MethodType type) {
        return new ConstantCallSite(handle("set").bindTo(this).asType(type));
    }

    private static MethodHandle handle(String name) {
        try {
            return name.equals("say")
                    ? LOOKUP.findStatic(Tracing.class, name, MethodType.methodType(void.class, String.class))
                    : LOOKUP.findVirtual(Tracing.class, name, MethodType.methodType(void.class, int.class));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    @SuppressWarnings("unused") // by its handle
    private static void say(String function) {
        System.out.println("Executing " + function);
    }

    @SuppressWarnings("unused") // by its handle
    private synchronized void set(int level) {
        on = level >= TRACE;
        sites.forEach(site -> site.site().setTarget(on ? site.traced() : site.plain()));
        MutableCallSite.syncAll(sites.stream().map(Site::site).toArray(MutableCallSite[]::new));
    }
}
