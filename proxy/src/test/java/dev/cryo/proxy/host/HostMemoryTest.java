package dev.cryo.proxy.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostMemoryTest {
    @TempDir
    Path folder;

    private Path groups;

    @BeforeEach
    void describeAMachineOf100Kilobytes() throws IOException {
        groups = Files.createDirectories(folder.resolve("cgroup/job/step"));
        write("proc/meminfo", "MemTotal:  200 kB\nMemFree: 5 kB\nMemAvailable:  100 kB\n");
        write("proc/self/cgroup", "0::/job/step\n");
    }

    private void write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.resolveSibling("."));
        Files.writeString(file, text);
    }

    private long available() throws IOException {
        return HostMemory.availableBytes(folder.resolve("proc"), folder.resolve("cgroup"));
    }

    @Test
    void isWhatTheKernelSaysWithoutALimit() throws Exception {
        assertThat(available()).isEqualTo(102_400);
        write("cgroup/job/step/memory.max", "max\n");
        assertThat(available()).isEqualTo(102_400);
    }

    @Test
    void isLimitedByAnyGroupAbove() throws Exception {
        write("cgroup/job/memory.max", "50000\n");
        write("cgroup/job/memory.current", "20000\n");
        write("cgroup/job/memory.stat", "anon 15000\ninactive_file 3000\nactive_file 2000\n");
        assertThat(available()).isEqualTo(33_000);
    }

    @Test
    void isLimitedByTheGroupOfAContainerOfVersionOne() throws Exception {
        write("proc/self/cgroup", "5:memory:/elsewhere\n0::/\n");
        write("cgroup/memory/memory.limit_in_bytes", "40000\n");
        write("cgroup/memory/memory.usage_in_bytes", "45000\n");
        write("cgroup/memory/memory.stat", "total_inactive_file 1000\n");
        assertThat(groups).exists();
        assertThat(available()).isZero();
    }

    @Test
    void isSomethingHere() throws Exception {
        assertThat(HostMemory.availableBytes()).isPositive();
    }
}
