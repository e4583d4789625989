package dev.cryo.proxy.doctor;

import dev.cryo.proxy.driver.NativeLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** OpenCL platforms, by the loader that finds the installed drivers. */
final class OpenClProbe implements Probe {
    private static final String NAME = "OpenCL";
    private static final String REMEDY =
            "install a driver; on the CPU: apt-get install ocl-icd-libopencl1 pocl-opencl-icd";
    private static final int CL_PLATFORM_VERSION = 0x0901;
    private static final int CL_PLATFORM_NAME = 0x0902;
    private static final int MOST = 16;
    private static final long TEXT_BYTES = 1024;

    private final String library;

    OpenClProbe() {
        this("libOpenCL.so.1");
    }

    OpenClProbe(String library) {
        this.library = library;
    }

    @Override
    public Finding examine() {
        Optional<NativeLibrary> loaded = NativeLibrary.load(library);
        if (loaded.isEmpty()) {
            return Finding.fails(NAME, "no OpenCL (" + library + " is not there)", REMEDY);
        }
        NativeLibrary opencl = loaded.get();
        List<String> names = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment platforms = arena.allocate(ValueLayout.ADDRESS, MOST);
            MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
            // Without a driver the loader answers an error of its own and leaves the count at 0.
            opencl.integer("clGetPlatformIDs", MOST, platforms, count);
            for (int i = 0; i < Math.min(MOST, count.get(ValueLayout.JAVA_INT, 0)); i++) {
                MemorySegment platform = platforms.getAtIndex(ValueLayout.ADDRESS, i);
                names.add(text(opencl, arena, platform, CL_PLATFORM_NAME) + " ("
                        + text(opencl, arena, platform, CL_PLATFORM_VERSION).strip() + ")");
            }
        }
        return names.isEmpty()
                ? Finding.fails(NAME, "the loader finds no driver", REMEDY)
                : Finding.works(NAME, String.join(", ", names));
    }

    private static String text(NativeLibrary opencl, Arena arena, MemorySegment platform, int what) {
        MemorySegment text = arena.allocate(TEXT_BYTES);
        int result = opencl.integer("clGetPlatformInfo", platform, what, TEXT_BYTES, text, MemorySegment.NULL);
        return result == 0 ? text.getString(0) : "error " + result;
    }
}
