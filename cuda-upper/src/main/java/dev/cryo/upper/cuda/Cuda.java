package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.CallChannel;

/**
 * CUDA as the application sees it, over a channel to a lower half. One for a process. All its parts are thread-safe.
 */
public final class Cuda {
    private final Devices devices;
    private final Contexts contexts;
    private final PrimaryContexts primaries;
    private final RuntimeState runtime;
    private final Streams streams;
    private final Events events;
    private final Modules modules;
    private final DeviceMemory memory;
    private final HostMemory hostMemory;
    private final UnifiedMemory unifiedMemory;
    private final UnifiedHints unifiedHints;
    private final Frees frees;
    private final Copies copies;
    private final MemorySets sets;
    private final Launches launches;
    private final Occupancy occupancy;
    private final Settings settings;
    private final Registrations registrations = new Registrations();
    private final Adoption adoption;

    /** Over a channel, with a way to make shared memory and the application's pages of unified memory. */
    public Cuda(CallChannel channel, HostMemory.Mapper mapper, UnifiedPages pages) {
        Calls calls = new Calls(channel);
        HandleTable handles = new HandleTable();
        ModuleGlobals globals = new ModuleGlobals();
        devices = new Devices(calls);
        memory = new DeviceMemory(calls, devices, globals);
        hostMemory = new HostMemory(calls, mapper);
        unifiedMemory = new UnifiedMemory(calls, devices, pages);
        unifiedHints = new UnifiedHints(calls, devices, unifiedMemory);
        contexts = new Contexts(calls, handles, devices, new Contexts.ContextEnd() {
            @Override
            public void ending(Context context) {
                unifiedMemory.ending(context);
            }

            @Override
            public void ended(Context context) {
                memory.ended(context);
                hostMemory.ended(context);
            }
        });
        primaries = new PrimaryContexts(devices, contexts, handles);
        runtime = new RuntimeState(devices, contexts, primaries);
        streams = new Streams(calls, handles, contexts);
        events = new Events(calls, handles);
        modules = new Modules(calls, handles, devices, globals, unifiedMemory);
        frees = new Frees(contexts, memory, unifiedMemory);
        copies = new Copies(calls, memory, hostMemory, unifiedMemory);
        sets = new MemorySets(calls, memory, hostMemory, unifiedMemory);
        launches = new Launches(calls, devices);
        occupancy = new Occupancy(devices);
        settings = new Settings(calls);
        adoption = new Adoption(this, calls, handles);
    }

    /** The driver and its devices. */
    public Devices devices() {
        return devices;
    }

    /** Contexts, and which is current. */
    public Contexts contexts() {
        return contexts;
    }

    /** The primary contexts. */
    public PrimaryContexts primaries() {
        return primaries;
    }

    /** What the runtime API adds. */
    public RuntimeState runtime() {
        return runtime;
    }

    /** Streams. */
    public Streams streams() {
        return streams;
    }

    /** Events. */
    public Events events() {
        return events;
    }

    /** Modules, functions, globals. */
    public Modules modules() {
        return modules;
    }

    /** Device memory. */
    public DeviceMemory memory() {
        return memory;
    }

    /** Page-locked host memory. */
    public HostMemory hostMemory() {
        return hostMemory;
    }

    /** Unified memory. */
    public UnifiedMemory unifiedMemory() {
        return unifiedMemory;
    }

    /** What is said about the use of unified memory. */
    public UnifiedHints unifiedHints() {
        return unifiedHints;
    }

    /** Freeing. */
    public Frees frees() {
        return frees;
    }

    /** Copies. */
    public Copies copies() {
        return copies;
    }

    /** Sets of memory. */
    public MemorySets sets() {
        return sets;
    }

    /** Launches. */
    public Launches launches() {
        return launches;
    }

    /** How many blocks fit on a multiprocessor. */
    public Occupancy occupancy() {
        return occupancy;
    }

    /** Limits and preferences of contexts. */
    public Settings settings() {
        return settings;
    }

    /** Host memory that the application has registered. */
    public Registrations registrations() {
        return registrations;
    }

    /** Taking over the objects of an earlier process. */
    public Adoption adoption() {
        return adoption;
    }
}
