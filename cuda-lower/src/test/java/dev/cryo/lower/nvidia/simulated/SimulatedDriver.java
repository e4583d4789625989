package dev.cryo.lower.nvidia.simulated;

import static dev.cryo.lower.nvidia.simulated.Requirements.require;

import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.lower.ptx.Dim3;
import dev.cryo.lower.ptx.PtxModule;
import dev.cryo.lower.ptx.memory.MemoryMap;
import dev.cryo.streamlog.call.CudaResult;
import java.util.ArrayList;
import java.util.List;

/**
 * A CUDA driver with one device, on the processor. Device memory is memory of this process at the very addresses;
 * kernels are run by the PTX engine; work is asynchronous: an operation runs on any thread once those before it have
 * ended.
 *
 * <p>Where cuda.h leaves a choice, this driver takes the one that is worse for its caller: fresh memory is garbage;
 * taking mappings away does not wait for work that is queued; destroying a context abandons its work; copies to
 * pageable memory wait, large ones from there are read late; whatever needs a context is refused without a usable
 * current one. Loading and unloading modules, freeing memory and giving up page-locked memory wait for all work that
 * the device was given before. What is against the rules, but would go unnoticed, is told by {@link #misuses}; what was
 * not given back, by {@link #leaks}.
 *
 * <p>A driver stands for one process: an error of work is one of all contexts, be they made before or after it, for
 * good. What can be done then is to give back: memory at chosen addresses, and contexts with what is in them.
 *
 * <p>Thread-safe. Closing ends all work and gives everything back.
 */
public final class SimulatedDriver implements CudaDriver, AutoCloseable {
    private final MemoryMap accessible = new MemoryMap();
    private final Handles handles = new Handles();
    private final Traffic traffic = new Traffic();
    private final ProcessError error = new ProcessError();
    private final Contexts contexts = new Contexts(handles, error);
    private final Execution execution = new Execution(traffic);
    private final HostMemory host = new HostMemory(accessible);
    private final DeviceMemory memory;
    private final Copies copies;
    private final Modules modules;

    /** A driver whose device has so many bytes of memory. */
    public SimulatedDriver(long totalBytes) {
        memory = new DeviceMemory(totalBytes, accessible, handles);
        copies = new Copies(accessible, memory, host);
        modules = new Modules(handles, traffic, memory, accessible);
    }

    /** All that was not given back, in words. */
    public List<String> leaks() throws DriverException {
        return traffic.change(() -> {
            List<String> leaks = new ArrayList<>(contexts.leaks());
            handles.all(Stream.class).forEach(stream -> leaks.add(stream.toString()));
            handles.all(Event.class).forEach(event -> leaks.add(event.toString()));
            handles.all(Module.class).forEach(module -> leaks.add(module.toString()));
            leaks.addAll(memory.leaks());
            leaks.addAll(host.leaks());
            return leaks;
        });
    }

    /** All that was against the rules, in words. */
    public List<String> misuses() {
        return execution.misuses();
    }

    @Override
    public void close() throws DriverException {
        contexts.all().forEach(Context::destroy);
        contexts.allWork().join();
        execution.close();
        traffic.alter(() -> {
            memory.close();
            host.close();
        });
    }

    // Driver and devices

    @Override
    public void initialize() throws DriverException {
        contexts.initialize();
    }

    @Override
    public int version() {
        return Facts.VERSION;
    }

    @Override
    public int devices() throws DriverException {
        ready();
        return 1;
    }

    @Override
    public String name(int device) throws DriverException {
        ready(device);
        return Facts.NAME;
    }

    @Override
    public long totalBytes(int device) throws DriverException {
        ready(device);
        return traffic.change(memory::info).total();
    }

    @Override
    public int attribute(int device, int attribute) throws DriverException {
        ready(device);
        return Facts.attribute(attribute);
    }

    @Override
    public byte[] uuid(int device) throws DriverException {
        ready(device);
        return Facts.uuid();
    }

    // Contexts

    @Override
    public long retainPrimaryContext(int device) throws DriverException {
        ready(device);
        return contexts.retainPrimary();
    }

    @Override
    public void releasePrimaryContext(int device) throws DriverException {
        ready(device);
        Context last = contexts.releasePrimary();
        if (last != null) {
            end(last);
        }
    }

    @Override
    public long createContext(int device, int flags) throws DriverException {
        ready(device);
        return contexts.create().handle;
    }

    @Override
    public void destroyContext(long context) throws DriverException {
        ready();
        end(contexts.destroy(context));
    }

    private void end(Context context) throws DriverException {
        context.destroy();
        traffic.alterAtRest(() -> {
            modules.removeAll(context);
            memory.freeAll(context);
            host.removeAll(context);
            contexts.forget(context);
        });
    }

    @Override
    public void makeCurrent(long context) throws DriverException {
        ready();
        contexts.makeCurrent(context);
    }

    @Override
    public void setLimit(int limit, long value) throws DriverException {
        current();
        require(value >= 0, CudaResult.INVALID_VALUE, "limit " + limit + " = " + value);
        require(limit >= 0 && limit <= 6, CudaResult.UNSUPPORTED_LIMIT, "limit " + limit);
    }

    @Override
    public void setCacheConfig(int config) throws DriverException {
        current();
        require(config >= 0 && config <= 3, CudaResult.INVALID_VALUE, "cache configuration " + config);
    }

    @Override
    public MemoryInfo memoryInfo() throws DriverException {
        current();
        return traffic.change(memory::info);
    }

    // Modules

    @Override
    public long loadModule(byte[] image, StringBuilder log) throws DriverException {
        Context unused = current();
        PtxModule text = Module.parse(image, log);
        return modules.load(text, currentAtRest());
    }

    @Override
    public void unloadModule(long module) throws DriverException {
        Context unused = currentAtRest();
        modules.unload(module);
    }

    @Override
    public long function(long module, String name) throws DriverException {
        current();
        return modules.function(module, name);
    }

    @Override
    public Variable variable(long module, String name) throws DriverException {
        current();
        return modules.module(module).variable(name);
    }

    @Override
    public int functionAttribute(long function, int attribute) throws DriverException {
        current();
        return modules.function(function).attribute(attribute);
    }

    @Override
    public List<Parameter> parameters(long function) throws DriverException {
        current();
        return modules.function(function).parameters();
    }

    @Override
    public void setFunctionAttribute(long function, int attribute, int value) throws DriverException {
        current();
        modules.function(function).set(attribute, value);
    }

    // Device memory at chosen addresses

    @Override
    public void reserve(long address, long bytes) throws DriverException {
        readyForMemory();
        traffic.alter(() -> memory.reserve(address, bytes));
    }

    @Override
    public void freeReservation(long address, long bytes) throws DriverException {
        ready();
        traffic.alter(() -> memory.freeReservation(address, bytes));
    }

    @Override
    public long granularity(int device) throws DriverException {
        ready(device);
        return DeviceMemory.GRANULARITY;
    }

    @Override
    public long createMemory(long bytes, int device) throws DriverException {
        readyForMemory();
        ready(device);
        return traffic.change(() -> memory.create(bytes));
    }

    @Override
    public void releaseMemory(long handle) throws DriverException {
        ready();
        traffic.alter(() -> memory.release(handle)); // Nobody accesses it by its handle.
    }

    @Override
    public void map(long address, long bytes, long handle) throws DriverException {
        readyForMemory();
        traffic.alter(() -> memory.map(address, bytes, handle));
    }

    @Override
    public void allowAccess(long address, long bytes, int device) throws DriverException {
        readyForMemory();
        ready(device);
        traffic.alter(() -> memory.allowAccess(address, bytes));
    }

    @Override
    public void unmap(long address, long bytes) throws DriverException {
        ready();
        traffic.alterAtRest(() -> memory.unmap(address, bytes));
    }

    // Other memory

    @Override
    public long allocate(long bytes) throws DriverException {
        Context context = current();
        return traffic.change(() -> memory.allocate(bytes, context));
    }

    @Override
    public void free(long address) throws DriverException {
        Context unused = currentAtRest();
        traffic.alterAtRest(() -> memory.free(address));
    }

    @Override
    public long allocateHost(long bytes) throws DriverException {
        Context context = current();
        return traffic.change(() -> host.allocate(bytes, context));
    }

    @Override
    public void freeHost(long address) throws DriverException {
        Context unused = currentAtRest();
        traffic.alterAtRest(() -> host.free(address));
    }

    @Override
    public void registerHost(long address, long bytes) throws DriverException {
        Context context = current();
        traffic.alter(() -> host.register(address, bytes, context));
    }

    @Override
    public void unregisterHost(long address) throws DriverException {
        Context unused = currentAtRest();
        execution.misuse(traffic.changeAtRest(() -> host.unregister(address)));
    }

    // Copies and sets

    @Override
    public void copyToDevice(long target, long source, long bytes, long stream) throws DriverException {
        copy(Copies.linear(false, source), Copies.linear(true, target), bytes, 1, 1, stream);
    }

    @Override
    public void copyToHost(long target, long source, long bytes, long stream) throws DriverException {
        copy(Copies.linear(true, source), Copies.linear(false, target), bytes, 1, 1, stream);
    }

    @Override
    public void copyOnDevice(long target, long source, long bytes, long stream) throws DriverException {
        copy(Copies.linear(true, source), Copies.linear(true, target), bytes, 1, 1, stream);
    }

    @Override
    public void copy(long target, long source, long bytes, long stream) throws DriverException {
        Stream on = stream(stream);
        transfer(on, traffic.change(() -> copies.copy(source, target, bytes)));
    }

    @Override
    public void copy(Side source, Side target, long width, long height, long depth, long stream)
            throws DriverException {
        Stream on = stream(stream);
        transfer(on, traffic.change(() -> copies.copy(source, target, width, height, depth)));
    }

    private void transfer(Stream on, Copies.Transfer transfer) throws DriverException {
        var end = execution.submit(on, transfer.operation());
        if (transfer.waited()) {
            end.join();
            on.context.requireUsable();
        }
    }

    @Override
    public void set(long address, long pitch, int elementBytes, int value, long width, long height, long stream)
            throws DriverException {
        Stream on = stream(stream);
        execution.submit(
                on, traffic.change(() -> copies.set(address, pitch, elementBytes, value, width, height)));
    }

    // Streams and events

    @Override
    public long createStream(int flags, int priority) throws DriverException {
        Context context = current();
        require(flags == 0 || flags == 1, CudaResult.INVALID_VALUE, "flags " + flags + " of a stream");
        Stream stream = new Stream(
                handles.next(), context, flags == 0 ? Stream.Kind.BLOCKING : Stream.Kind.NON_BLOCKING);
        context.add(stream);
        handles.add(stream.handle, stream);
        return stream.handle;
    }

    @Override
    public void destroyStream(long stream) throws DriverException {
        current();
        Stream destroyed = handles.get(stream, Stream.class, CudaResult.INVALID_HANDLE);
        handles.remove(stream);
        destroyed.destroy();
    }

    @Override
    public boolean isQuiet(long stream) throws DriverException {
        Stream asked = anyStream(stream);
        boolean quiet = asked.work().isDone();
        asked.context.requireUsable();
        return quiet;
    }

    @Override
    public void synchronize(long stream) throws DriverException {
        Stream awaited = anyStream(stream);
        awaited.work().join();
        awaited.context.requireUsable();
    }

    @Override
    public void await(long stream, long event) throws DriverException {
        Stream waiting = anyStream(stream);
        Event.Mark mark = event(event).mark();
        if (mark != null) {
            execution.join(waiting, mark.end());
        }
    }

    @Override
    public void awaitValue(long stream, long address, int value) throws DriverException {
        Stream waiting = anyStream(stream);
        require(address % 4 == 0 && traffic.change(() -> host.isLocked(address, 4)), CudaResult.INVALID_VALUE,
                "wait for a value at 0x" + Long.toHexString(address) + ", which is not page-locked");
        execution.awaitValue(waiting, () -> traffic.change(() -> host.reaches(address, value)));
    }

    @Override
    public long createEvent(int flags) throws DriverException {
        Context context = current();
        require((flags & ~7) == 0, CudaResult.INVALID_VALUE, "flags " + flags + " of an event");
        Event event = new Event(handles.next(), context, flags);
        handles.add(event.handle, event);
        return event.handle;
    }

    @Override
    public void destroyEvent(long event) throws DriverException {
        current();
        Event unused = event(event);
        handles.remove(event);
    }

    @Override
    public void record(long event, long stream) throws DriverException {
        Stream on = anyStream(stream);
        Event recorded = event(event);
        require(recorded.context == on.context, CudaResult.INVALID_HANDLE, recorded + " recorded on " + on);
        recorded.record(execution.mark(on));
    }

    @Override
    public boolean hasEnded(long event) throws DriverException {
        current();
        Event asked = event(event);
        Event.Mark mark = asked.mark();
        boolean ended = mark == null || mark.end().isDone();
        asked.context.requireUsable();
        return ended;
    }

    @Override
    public float elapsedMillis(long start, long end) throws DriverException {
        current();
        return event(start).millisUntil(event(end));
    }

    // Launch

    @Override
    public void launch(
            long function,
            int gridX,
            int gridY,
            int gridZ,
            int blockX,
            int blockY,
            int blockZ,
            int sharedBytes,
            long stream,
            byte[] parameters)
            throws DriverException {
        Stream on = stream(stream);
        Function kernel = modules.function(function);
        require(kernel.module.context == on.context, CudaResult.INVALID_HANDLE, kernel + " launched on " + on);
        Dim3 grid = new Dim3(gridX, gridY, gridZ);
        Dim3 block = new Dim3(blockX, blockY, blockZ);
        kernel.check(grid, block, sharedBytes, parameters.length);
        execution.launch(on, kernel, grid, block, sharedBytes, parameters.clone());
    }

    // What functions need

    private void ready() throws DriverException {
        contexts.requireInitialized();
    }

    private void ready(int device) throws DriverException {
        ready();
        require(device == 0, CudaResult.INVALID_DEVICE, "there is no device " + device);
    }

    /** These functions need no context, but tell errors, also that of a current one that is no more. */
    private void readyForMemory() throws DriverException {
        contexts.requireInitialized();
        contexts.requireCurrentIsUsableIfAny();
        error.requireNone();
    }

    private Context current() throws DriverException {
        contexts.requireInitialized();
        return contexts.current();
    }

    /** The current context, once the device has done the work that it has. */
    private Context currentAtRest() throws DriverException {
        Context context = current();
        execution.await(contexts.allWork());
        context.requireUsable(); // It may have met an error or its end meanwhile.
        return context;
    }

    /** A stream of the current context. */
    private Stream stream(long handle) throws DriverException {
        Stream stream = anyStream(handle);
        require(stream.context == contexts.current(), CudaResult.INVALID_HANDLE, stream + " is not of the current one");
        return stream;
    }

    private Stream anyStream(long handle) throws DriverException {
        Context context = current();
        Stream stream = handle == 0 ? context.legacy : handles.get(handle, Stream.class, CudaResult.INVALID_HANDLE);
        stream.context.requireUsable();
        return stream;
    }

    private Event event(long handle) throws DriverException {
        return handles.get(handle, Event.class, CudaResult.INVALID_HANDLE);
    }
}
