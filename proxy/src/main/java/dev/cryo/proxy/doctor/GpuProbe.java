package dev.cryo.proxy.doctor;

import dev.cryo.proxy.driver.NativeLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** NVIDIA GPUs, by the CUDA driver. */
final class GpuProbe implements Probe {
    private static final String NAME = "GPU";
    private static final String WITHOUT = "; without one, --device ptx runs the kernels on the CPU";
    private static final int NAME_BYTES = 256;

    private final String library;

    GpuProbe() {
        this("libcuda.so.1");
    }

    GpuProbe(String library) {
        this.library = library;
    }

    @Override
    public Finding examine() {
        Optional<NativeLibrary> cuda = NativeLibrary.load(library);
        if (cuda.isEmpty()) {
            return Finding.fails(NAME, "no CUDA driver (" + library + " is not there)",
                    "on a machine with an NVIDIA GPU, install its driver" + WITHOUT);
        }
        try (Arena arena = Arena.ofConfined()) {
            return examine(cuda.get(), arena);
        }
    }

    private static Finding examine(NativeLibrary cuda, Arena arena) {
        int result = cuda.integer("cuInit", 0);
        if (result != 0) {
            MemorySegment text = arena.allocate(ValueLayout.ADDRESS);
            boolean named = cuda.integer("cuGetErrorName", result, text) == 0;
            return Finding.fails(NAME, "the CUDA driver does not start: "
                            + (named ? NativeLibrary.text(text.get(ValueLayout.ADDRESS, 0)) : "error " + result),
                    "see `nvidia-smi` and the kernel's log for why" + WITHOUT);
        }
        MemorySegment number = arena.allocate(ValueLayout.JAVA_INT);
        cuda.integer("cuDriverGetVersion", number);
        int version = number.get(ValueLayout.JAVA_INT, 0);
        cuda.integer("cuDeviceGetCount", number);
        int count = number.get(ValueLayout.JAVA_INT, 0);
        List<String> devices = new ArrayList<>();
        for (int device = 0; device < count; device++) {
            MemorySegment name = arena.allocate(NAME_BYTES);
            cuda.integer("cuDeviceGetName", name, NAME_BYTES, device);
            devices.add(name.getString(0));
        }
        String driver = "driver for CUDA " + version / 1000 + "." + version % 1000 / 10;
        return devices.isEmpty()
                ? Finding.fails(NAME, driver + " finds no device",
                        "make a GPU visible (CUDA_VISIBLE_DEVICES)" + WITHOUT)
                : Finding.works(NAME, String.join(", ", devices) + "; " + driver);
    }
}
