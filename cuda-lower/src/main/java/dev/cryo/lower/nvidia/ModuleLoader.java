package dev.cryo.lower.nvidia;

import dev.cryo.lower.device.PtxImage;
import dev.cryo.lower.device.RefusedException;
import dev.cryo.lower.device.Slabs;
import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.lower.ptx.GlobalInfo;
import dev.cryo.lower.ptx.PtxException;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Loads modules: finds room for their variables, has the driver compile the text with these addresses, and writes the
 * variables' first values. For any thread; takes long.
 *
 * <p>What the driver finds wrong with a text is answered as it says. Variables that cannot be placed although the
 * driver would take them are refused with NO_BINARY_FOR_GPU, as a driver answers for code of another GPU.
 */
final class ModuleLoader {
    private final CudaDriver driver;
    private final Current current;
    private final GpuMemory memory;
    private final Lanes lanes;
    private final Constants constants;

    ModuleLoader(CudaDriver driver, Current current, GpuMemory memory, Lanes lanes, Constants constants) {
        this.driver = driver;
        this.current = current;
        this.memory = memory;
        this.lanes = lanes;
        this.constants = constants;
    }

    /** Reads a text for a context, which must not end meanwhile. */
    ModuleText parse(byte[] image, GpuContext context) throws RefusedException, DriverException {
        PtxImage.requireText(image);
        try {
            return ModuleText.parse(image);
        } catch (PtxException e) {
            // Where the driver finds the text wrong too, it says so better.
            current.enter(context);
            driver.unloadModule(driver.loadModule(Arrays.copyOf(image, image.length + 1), new StringBuilder()));
            throw refused(e);
        }
    }

    private static RefusedException refused(PtxException why) {
        int code = switch (why.reason()) {
            case INVALID -> CudaResult.INVALID_PTX;
            case UNSUPPORTED -> CudaResult.NO_BINARY_FOR_GPU;
        };
        return new RefusedException(code, why.getMessage());
    }

    /**
     * Loads a module; its context must not end meanwhile.
     *
     * @param managedAt where its managed variables lie, or 0
     * @param log takes what the driver's compiler says
     */
    GpuModule load(Call.ModuleLoad call, long managedAt, GpuContext context, StringBuilder log)
            throws RefusedException, DriverException {
        ModuleText text = parse(call.image(), context);
        if (call.globalsAt() % Slabs.BYTES != 0) {
            throw new RefusedException(
                    CudaResult.INVALID_VALUE, "variables cannot lie at 0x" + Long.toHexString(call.globalsAt()));
        }
        if (text.managedBytes() > 0 && (managedAt == 0 || !memory.isCovered(managedAt, text.managedBytes()))) {
            throw new RefusedException(CudaResult.INVALID_VALUE,
                    "managed variables need " + GpuMemory.range(managedAt, text.managedBytes()));
        }
        if (text.globalsBytes() == 0) {
            return load(call, text, call.globalsAt(), managedAt, context, log);
        }
        long at = claim(call.globalsAt(), text.globalsBytes(), context);
        try {
            return load(call, text, at, managedAt, context, log);
        } catch (RefusedException | DriverException e) {
            memory.end(List.of(memory.retire(at)));
            throw e;
        }
    }

    private long claim(long from, long bytes, GpuContext context) throws RefusedException {
        CompletableFuture<Integer> answer = new CompletableFuture<>();
        long at = memory.mapFrom(from, bytes, context, new LowerHalf.Reply() {
            @Override
            public void done(Record result) {
                answer.complete(CudaResult.SUCCESS);
            }

            @Override
            public void failed(int code) {
                answer.complete(code);
            }
        });
        int code = answer.join();
        if (code != CudaResult.SUCCESS) {
            throw new RefusedException(code, "there is no memory for variables, " + GpuMemory.range(at, bytes));
        }
        return at;
    }

    private GpuModule load(
            Call.ModuleLoad call, ModuleText text, long at, long managedAt, GpuContext context, StringBuilder log)
            throws RefusedException, DriverException {
        byte[] relocated;
        try {
            relocated = text.relocated(at, managedAt);
        } catch (PtxException e) {
            throw refused(e);
        }
        current.enter(context);
        GpuModule module = new GpuModule(
                call.module(), context, driver.loadModule(relocated, log), text, call.image(), at, managedAt);
        try {
            lanes.write(context.device, at, MemorySegment.ofArray(text.initialGlobals(at, managedAt)));
            lanes.write(context.device, managedAt, MemorySegment.ofArray(text.initialManaged(at, managedAt)));
            mirror(module);
        } catch (DriverException e) {
            unload(module);
            throw e;
        }
        return module;
    }

    private void mirror(GpuModule module) throws DriverException {
        current.enter(module.context);
        for (GlobalInfo constant : module.constants()) {
            CudaDriver.Variable variable = driver.variable(module.handle, constant.name());
            if (variable.bytes() < constant.bytes()) {
                throw new DriverException(CudaResult.INVALID_PTX, "the driver has " + variable.bytes()
                        + " bytes of variable " + constant.name() + ", which has " + constant.bytes());
            }
            constants.add(new Constants.Mirror(
                    module.address(constant), constant.bytes(), variable.address(), module));
        }
    }

    /** Unloads a module that no work uses. */
    void unload(GpuModule module) throws DriverException {
        constants.remove(module);
        current.enter(module.context);
        driver.unloadModule(module.handle);
    }
}
