package dev.cryo.lower.contract;

import dev.cryo.streamlog.call.Call;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The kernels of kernels.ptx, loaded on a device, and their launches. */
public final class KernelRig {
    /** Where the module's variables are asked to lie. */
    public static final long GLOBALS = 0x1800_0000_0000L;

    public static final long MODULE = 1000;
    private static final List<String> NAMES =
            List.of("empty", "mix", "count", "await", "store", "reverse", "trap");

    private final DeviceRig rig;
    private final Call loaded;
    private final Map<String, Call.FunctionGet.Result> functions = new HashMap<>();

    /** Loads the kernels. */
    public KernelRig(DeviceRig rig) {
        this.rig = rig;
        loaded = load().answered(rig.call(load()));
        for (String name : NAMES) {
            functions.put(name, rig.call(get(name)));
        }
    }

    /** The call that loads the module. */
    public static Call.ModuleLoad load() {
        return new Call.ModuleLoad(MODULE, DeviceRig.CONTEXT, ptx(), GLOBALS, 0);
    }

    /** That call as it goes to the log. */
    public Call loaded() {
        return loaded;
    }

    /** The call that finds a kernel. */
    public static Call.FunctionGet get(String name) {
        return new Call.FunctionGet(id(name), MODULE, name);
    }

    /** The text of the module. */
    public static byte[] ptx() {
        try (InputStream in = Objects.requireNonNull(KernelRig.class.getResourceAsStream("kernels.ptx"))) {
            byte[] text = in.readAllBytes();
            return Arrays.copyOf(text, text.length + 1); // It ends with NUL, as the driver wants it.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The id of a kernel. */
    public static long id(String name) {
        return MODULE + 1 + NAMES.indexOf(name);
    }

    /** Launches a kernel with parameters that are Integers and Longs; returns the error code. */
    public int launch(long stream, String name, int blocks, int threads, int sharedBytes, Number... parameters) {
        Call.FunctionGet.Result function = Objects.requireNonNull(functions.get(name));
        ByteBuffer block = ByteBuffer.allocate(function.paramBytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < parameters.length; i++) {
            if (parameters[i] instanceof Long value) {
                block.putLong(function.paramOffsets()[i], value);
            } else {
                block.putInt(function.paramOffsets()[i], parameters[i].intValue());
            }
        }
        return rig.queue(new Call.Launch(
                id(name), stream, blocks, 1, 1, threads, 1, 1, sharedBytes, block.array()));
    }

    /** Downloads ints. */
    public int[] ints(long stream, long address, int count) {
        int[] values = new int[count];
        ByteBuffer.wrap(rig.download(stream, address, 4 * count))
                .order(ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer()
                .get(values);
        return values;
    }
}
