package dev.cryo.proxy.host;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/** The device files by which processes hold GPUs. */
public final class GpuDevices {
    private static final List<String> FILES = List.of("/dev/nvidia", "/dev/dri/", "/dev/kfd");

    private GpuDevices() {}

    /** Whether a descriptor or a mapping that refers to this is of a GPU. */
    static boolean isOne(String target) {
        return FILES.stream().anyMatch(target::startsWith);
    }

    /** Those that a process has open or mapped; none for one that has ended. */
    public static List<String> heldBy(long pid) throws IOException {
        ProcessTree process = ProcessTree.alone(Math.toIntExact(pid));
        return Stream.concat(
                        process.descriptors().stream().map(ProcessTree.Descriptor::target),
                        process.mappings().stream().map(ProcessTree.Mapping::target))
                .filter(GpuDevices::isOne)
                .distinct()
                .sorted()
                .toList();
    }
}
