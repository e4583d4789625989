package dev.cryo.streamlog.call;

import static dev.cryo.streamlog.call.ObjectKind.CONTEXT;
import static dev.cryo.streamlog.call.ObjectKind.EVENT;
import static dev.cryo.streamlog.call.ObjectKind.FUNCTION;
import static dev.cryo.streamlog.call.ObjectKind.HOST_MEMORY;
import static dev.cryo.streamlog.call.ObjectKind.MEMORY;
import static dev.cryo.streamlog.call.ObjectKind.MODULE;
import static dev.cryo.streamlog.call.ObjectKind.STREAM;

import dev.cryo.streamlog.codec.Opcode;
import dev.cryo.streamlog.codec.Vocabulary;

/**
 * A call from the upper half to the lower half.
 *
 * <p>Calls are values: immutable, printable, encodable (those with array components compare by identity of the array).
 * Sizes are in bytes, addresses are device (or
 * page-locked host) virtual addresses, ids are virtual ids; both are chosen by the upper half. Error codes are those of
 * {@code CUresult}, see {@link CudaResult}.
 */
public sealed interface Call {
    /** All calls by opcode. */
    Vocabulary<Call> VOCABULARY = Vocabulary.of(Call.class);

    /** A call whose caller does not wait; an error of its execution makes the context faulted. */
    sealed interface Queued extends Call {}

    /**
     * A call whose caller waits for its result.
     *
     * @param <R> the record that answers it
     */
    sealed interface Blocking<R extends Record> extends Call {
        /**
         * This call as it goes to the log, once it was answered: with what the lower half chose filled in, so that a
         * replay asks for the same.
         */
        default Call answered(R result) {
            return this;
        }
    }

    // Device

    /** Asks for the number of devices and the driver's version (as {@code cuDriverGetVersion} gives it). */
    @Opcode(0x0001)
    record DriverInfo() implements Blocking<DriverInfo.Result> {
        /** The answer. */
        public record Result(int devices, int driverVersion) {}
    }

    /** Asks for what is constant about a device. */
    @Opcode(0x0002)
    record DeviceInfo(int device) implements Blocking<DeviceInfo.Result> {
        /**
         * The answer.
         *
         * @param attributes indexed by {@code CUdevice_attribute}
         * @param uuid 16 bytes
         */
        public record Result(String name, long totalBytes, int[] attributes, byte[] uuid) {}
    }

    /** Asks for the free and the total device memory. */
    @Opcode(0x0003)
    record MemInfo(@Uses(CONTEXT) long context) implements Blocking<MemInfo.Result> {
        /** The answer, in bytes. */
        public record Result(long free, long total) {}
    }

    // Context

    /**
     * Creates a context and, with it, its legacy default stream.
     *
     * @param flags {@code CU_CTX_*}
     * @param primary whether it is the device's primary context, which the upper half must know again after a restart
     */
    @Opcode(0x0101)
    record CtxCreate(
            @Creates(CONTEXT) long context, @Creates(STREAM) long defaultStream, int device, int flags, boolean primary)
            implements Blocking<Done> {}

    /** Ends a context and everything in it, waiting for its work to end or abandoning it if the context is faulted. */
    @Opcode(0x0102)
    record CtxDestroy(@Destroys(CONTEXT) long context) implements Blocking<Done> {}

    /** Sets a limit ({@code CUlimit}). */
    @Opcode(0x0103)
    @Sets({"context", "limit"})
    record CtxSetLimit(@Uses(CONTEXT) long context, int limit, long value) implements Queued {}

    /** Sets a preference of a context: 0 the cache configuration, 1 the shared memory bank size, 2 the flags. */
    @Opcode(0x0104)
    @Sets({"context", "preference"})
    record CtxSetConfig(@Uses(CONTEXT) long context, int preference, int value) implements Queued {}

    /** Waits for all work of a context. */
    @Opcode(0x0105)
    record CtxSync(@Uses(CONTEXT) long context) implements Blocking<Done> {}

    /** Asks for the sticky error of a context: answered without waiting, by that error or by {@link Done}. */
    @Opcode(0x0106)
    record CtxStatus(@Uses(CONTEXT) long context) implements Blocking<Done> {}

    // Module

    /**
     * Loads a module.
     *
     * @param image PTX text, or what else the lower half understands
     * @param globalsAt the module's globals shall lie at the lowest free place from here on; the lower half, which
     *     alone knows how long they are, answers where that is. In the log it is that place, free at a replay too
     * @param globalsBytes 0 in a call; in the log what the lower half has answered, for who takes the module over
     */
    @Opcode(0x0201)
    record ModuleLoad(
            @Creates(MODULE) long module, @Uses(CONTEXT) long context, byte[] image, long globalsAt, long globalsBytes)
            implements Blocking<ModuleLoad.Result> {
        /** The answer: the place of the module's globals in device memory, and a message of the compiler or "". */
        public record Result(long globalsAt, long globalsBytes, String log) {}

        @Override
        public Call answered(Result result) {
            return new ModuleLoad(module, context, image, result.globalsAt(), result.globalsBytes());
        }
    }

    /**
     * Asks how much unified memory the managed variables of a module need.
     *
     * @param image as in {@link ModuleLoad}
     */
    @Opcode(0x0206)
    record ModuleMeasure(@Uses(CONTEXT) long context, byte[] image) implements Blocking<ModuleMeasure.Result> {
        /** The answer, in bytes; 0 if it has no managed variables. */
        public record Result(long managedBytes) {}
    }

    /**
     * Loads a module that has managed variables: a {@link ModuleLoad} that also writes their first values.
     *
     * @param managedAt they lie from here on, in a {@link ManagedAlloc} of as many bytes as {@link ModuleMeasure} has
     *     told, which belongs to the module and ends after it
     */
    @Opcode(0x0207)
    record ModuleLoadManaged(
            @Creates(MODULE) long module,
            @Uses(CONTEXT) long context,
            byte[] image,
            long globalsAt,
            long globalsBytes,
            @Uses(MEMORY) long managedAt)
            implements Blocking<ModuleLoad.Result> {
        @Override
        public Call answered(ModuleLoad.Result result) {
            return new ModuleLoadManaged(
                    module, context, image, result.globalsAt(), result.globalsBytes(), managedAt);
        }

        /** The same without its managed variables. */
        public ModuleLoad plain() {
            return new ModuleLoad(module, context, image, globalsAt, globalsBytes);
        }
    }

    /** Unloads a module and its functions. */
    @Opcode(0x0202)
    record ModuleUnload(@Destroys(MODULE) long module) implements Queued {}

    /** Finds a kernel. */
    @Opcode(0x0203)
    record FunctionGet(@Creates(FUNCTION) long function, @Uses(MODULE) long module, String name)
            implements Blocking<FunctionGet.Result> {
        /**
         * The answer.
         *
         * @param paramOffsets offset of each parameter in the parameter block
         * @param paramSizes size of each parameter
         */
        public record Result(
                int[] paramOffsets,
                int[] paramSizes,
                int paramBytes,
                int sharedBytes,
                int localBytes,
                int constBytes,
                int registers,
                int maxThreadsPerBlock,
                int ptxVersion,
                int binaryVersion) {}
    }

    /** Finds a global variable of a module. */
    @Opcode(0x0204)
    record GlobalGet(@Uses(MODULE) long module, String name) implements Blocking<GlobalGet.Result> {
        /** The answer. */
        public record Result(long address, long bytes) {}
    }

    /** Sets an attribute ({@code CUfunction_attribute}) of a kernel. */
    @Opcode(0x0205)
    @Sets({"function", "attribute"})
    record FuncSetAttribute(@Uses(FUNCTION) long function, int attribute, int value) implements Queued {}

    // Memory

    /** Makes {@code [address, address + bytes)} live device memory; the contents are undefined. */
    @Opcode(0x0301)
    record MemMap(@Creates(MEMORY) long address, @Uses(CONTEXT) long context, long bytes) implements Blocking<Done> {}

    /** Ends device memory, after all work that came before in any stream; what comes later runs after it. */
    @Opcode(0x0302)
    record MemUnmap(@Destroys(MEMORY) long address) implements Queued {}

    /**
     * Sets {@code height} rows of {@code width} elements of {@code elementBytes} (1, 2 or 4) to the low bytes of value.
     *
     * @param pitch bytes from one row to the next
     */
    @Opcode(0x0303)
    record MemSet(
            @Uses(STREAM) long stream, long address, long pitch, int elementBytes, int value, long width, long height)
            implements Queued {}

    /**
     * Copies {@code depth} slices of {@code height} rows of {@code width} bytes. A staging source is released by the
     * lower
     * half when it has been read; a staging target is released by the upper half.
     */
    @Opcode(0x0304)
    record Copy(@Uses(STREAM) long stream, Place source, Place target, long width, long height, long depth)
            implements Queued {}

    /** Copies a few bytes that travel inside the call into memory. */
    @Opcode(0x0305)
    record MemWrite(@Uses(STREAM) long stream, long address, byte[] data) implements Queued {}

    // Unified memory

    /**
     * Gives the lower half the application's shadow of unified memory, so that it keeps the pages in step: before the
     * first allocation, and again after each checkpoint. One that has it already only says so.
     *
     * @param memory file descriptor, in the application's process, of the memory that holds the shadow pages
     * @param faults that of the userfaultfd; -1 where everything has to be copied eagerly
     * @param space the addresses in which unified memory can lie begin here
     * @param spaceBytes their number
     * @param wholeRegions whether a fault is about the whole region that the page is of
     * @param written whether the application may have written live unified memory since the lower half last had it
     */
    @Opcode(0x0306)
    record ManagedOpen(
            int memory, int faults, long space, long spaceBytes, boolean wholeRegions, boolean written)
            implements Blocking<Done> {}

    /**
     * Makes {@code [address, address + mappedBytes())} unified memory: live device memory whose shadow the application
     * has mapped before. Answered when it can be used; the contents are undefined.
     *
     * @param bytes as asked for
     * @param flags {@code CU_MEM_ATTACH_GLOBAL} or {@code CU_MEM_ATTACH_HOST}
     */
    @Opcode(0x0307)
    record ManagedAlloc(@Creates(MEMORY) long address, @Uses(CONTEXT) long context, long bytes, int flags)
            implements Blocking<Done> {
        private static final long PAGE_BYTES = 4096;

        /** The size in whole pages. */
        public long mappedBytes() {
            return (bytes + PAGE_BYTES - 1) & -PAGE_BYTES;
        }
    }

    /** Ends unified memory, whose shadow the application has unmapped before, as {@link MemUnmap} does. */
    @Opcode(0x0308)
    record ManagedFree(@Destroys(MEMORY) long address) implements Queued {}

    /**
     * Takes advice on all of a range of unified memory.
     *
     * @param kind {@code CU_MEM_ADVISE_SET_READ_MOSTLY}, {@code CU_MEM_ADVISE_SET_PREFERRED_LOCATION} or {@code
     *     CU_MEM_ADVISE_SET_ACCESSED_BY}
     * @param by the device that accesses it; 0 for the other kinds
     * @param value the preferred location; 1 or 0 for the other kinds
     */
    @Opcode(0x0309)
    @Sets({"address", "kind", "by"})
    record ManagedAdvise(@Uses(MEMORY) long address, int kind, int by, int value) implements Queued {}

    /**
     * Says which work may touch unified memory without naming it, from here on.
     *
     * @param stream the one stream whose work may; for the other flags any of the context
     * @param flags {@code CU_MEM_ATTACH_*}
     */
    @Opcode(0x030a)
    @Sets("address")
    record ManagedAttach(@Uses(MEMORY) long address, @Uses(STREAM) long stream, int flags) implements Queued {}

    /**
     * Brings unified memory to where it will be used.
     *
     * @param device the device, or -1 for the host
     */
    @Opcode(0x030b)
    record ManagedPrefetch(@Uses(STREAM) long stream, long address, long bytes, int device) implements Queued {}

    /** Which memory a {@link Place} lies in. */
    enum Space {
        /** Device memory, at its address. */
        DEVICE,
        /** Page-locked host memory, at its address, which is the same in both halves. */
        HOST,
        /** Shared staging memory, at an offset. */
        STAGING
    }

    /**
     * One end of a copy.
     *
     * @param address address, or offset in staging
     * @param pitch bytes from row to row
     * @param slice bytes from slice to slice
     */
    record Place(Space space, long address, long pitch, long slice) {
        /** A linear place. */
        public static Place linear(Space space, long address) {
            return new Place(space, address, 0, 0);
        }
    }

    // Page-locked host memory

    /**
     * Makes page-locked host memory that the upper half has already mapped known to the lower half, which maps it at
     * the
     * same address.
     *
     * @param descriptor file descriptor of the memory in the application's process; a process that stands for one that
     *     was not restored has it under another number and the same {@linkplain #memoryName name}
     */
    @Opcode(0x0401)
    record HostAlloc(
            @Creates(HOST_MEMORY) long address, @Uses(CONTEXT) long context, long bytes, int flags, int descriptor)
            implements Blocking<Done> {
        /** The name of the shared memory at an address. */
        public static String memoryName(long address) {
            return "cryo-page-locked-" + Long.toHexString(address);
        }
    }

    /** Ends page-locked memory, after all work that came before. */
    @Opcode(0x0402)
    record HostFree(@Destroys(HOST_MEMORY) long address) implements Blocking<Done> {}

    // Stream

    /**
     * Creates a stream.
     *
     * @param flags 0 or {@code CU_STREAM_NON_BLOCKING}
     */
    @Opcode(0x0501)
    record StreamCreate(@Creates(STREAM) long stream, @Uses(CONTEXT) long context, int flags, int priority)
            implements Queued {}

    /** Destroys a stream; its work still completes. */
    @Opcode(0x0502)
    record StreamDestroy(@Destroys(STREAM) long stream) implements Queued {}

    /** Makes later work of a stream wait for the work that an event recorded. */
    @Opcode(0x0503)
    record StreamWait(@Uses(STREAM) long stream, @Uses(EVENT) long event) implements Queued {}

    /** Waits for all work of a stream. */
    @Opcode(0x0504)
    record StreamSync(@Uses(STREAM) long stream) implements Blocking<Done> {}

    /** Asks, without waiting, whether all work of a stream has ended: {@link CudaResult#NOT_READY} if not. */
    @Opcode(0x0505)
    record StreamQuery(@Uses(STREAM) long stream) implements Blocking<Done> {}

    // Event

    /** Creates an event. */
    @Opcode(0x0601)
    record EventCreate(@Creates(EVENT) long event, @Uses(CONTEXT) long context, int flags) implements Queued {}

    /** Destroys an event. */
    @Opcode(0x0602)
    record EventDestroy(@Destroys(EVENT) long event) implements Queued {}

    /** Records the work of a stream so far, and the time it ends, in an event. */
    @Opcode(0x0603)
    record EventRecord(@Uses(EVENT) long event, @Uses(STREAM) long stream) implements Queued {}

    /** Waits for the work that an event recorded. */
    @Opcode(0x0604)
    record EventSync(@Uses(EVENT) long event) implements Blocking<Done> {}

    /** Asks, without waiting, whether that work has ended: {@link CudaResult#NOT_READY} if not. */
    @Opcode(0x0605)
    record EventQuery(@Uses(EVENT) long event) implements Blocking<Done> {}

    /** Asks for the time between two recorded events. */
    @Opcode(0x0606)
    record EventElapsed(@Uses(EVENT) long start, @Uses(EVENT) long end) implements Blocking<EventElapsed.Result> {
        /** The answer. */
        public record Result(long nanoseconds) {}
    }

    // Launch

    /**
     * Launches a kernel. Grid and block are in blocks and threads.
     *
     * @param sharedBytes dynamic shared memory of a block
     * @param parameters the parameter block, laid out as {@link FunctionGet.Result} tells
     */
    @Opcode(0x0701)
    record Launch(
            @Uses(FUNCTION) long function,
            @Uses(STREAM) long stream,
            int gridX,
            int gridY,
            int gridZ,
            int blockX,
            int blockY,
            int blockZ,
            int sharedBytes,
            byte[] parameters)
            implements Queued {}

    /** The answer that holds nothing. */
    record Done() {
        /** The one value. */
        public static final Done DONE = new Done();
    }
}
