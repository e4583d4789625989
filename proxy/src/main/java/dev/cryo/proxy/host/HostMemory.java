package dev.cryo.proxy.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The memory of this machine, or of the container that this process is in. */
public final class HostMemory {
    private static final Path PROC = Path.of("/proc");
    private static final Path CGROUPS = Path.of("/sys/fs/cgroup");

    private HostMemory() {}

    /**
     * How much can still be taken, in bytes, without swapping: by the kernel's own estimate, and by the limits of all
     * control groups above this process (version 2) or of its container (version 1).
     */
    public static long availableBytes() throws IOException {
        return availableBytes(PROC, CGROUPS);
    }

    static long availableBytes(Path proc, Path cgroups) throws IOException {
        List<String> machine = Files.readAllLines(proc.resolve("meminfo"));
        long available = 1024 * number(machine, "MemAvailable:", Long.MAX_VALUE >> 10);
        for (String line : Files.readAllLines(proc.resolve("self/cgroup"))) {
            if (line.startsWith("0::/")) {
                Path group = cgroups.resolve(line.substring("0::/".length())).normalize();
                for (; group != null && group.startsWith(cgroups); group = group.getParent()) {
                    available = Math.min(
                            available, left(group, "memory.max", "memory.current", "inactive_file "));
                }
            }
        }
        Path old = cgroups.resolve("memory");
        return Math.min(
                available, left(old, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "));
    }

    /** What a group may take beside what it has; what it has of files that are not in use is given up when needed. */
    private static long left(Path group, String limit, String usage, String unused) throws IOException {
        Path limitFile = group.resolve(limit);
        if (!Files.isReadable(limitFile)) {
            return Long.MAX_VALUE;
        }
        String most = Files.readString(limitFile).strip();
        if (most.equals("max")) {
            return Long.MAX_VALUE;
        }
        long used = Long.parseLong(Files.readString(group.resolve(usage)).strip());
        long free = number(Files.readAllLines(group.resolve("memory.stat")), unused, 0);
        return Math.max(0, Long.parseLong(most) - used + free);
    }

    private static long number(List<String> lines, String name, long otherwise) {
        return lines.stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()).replaceAll("[^0-9]", ""))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElse(otherwise);
    }
}
