package dev.cryo.proxy.host;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What an application has open or mapped that CRIU cannot save, told before the dump is begun. */
final class Obstacles {
    private Obstacles() {}

    /** One sentence for each obstacle, with what to do about it. */
    static List<String> in(ProcessTree tree, DumpRequest request) throws IOException {
        List<ProcessTree.Descriptor> descriptors = tree.descriptors();
        TcpConnections connections = TcpConnections.of(tree.pids().getFirst());
        Stream<String> open = descriptors.stream()
                .map(descriptor -> open(descriptor, connections, request))
                .flatMap(Optional::stream);
        Stream<String> mapped = tree.mappings().stream()
                .filter(mapping -> GpuDevices.isOne(mapping.target()))
                .map(mapping -> "process " + mapping.pid() + " has the GPU device " + mapping.target()
                        + " mapped; " + onGpu(request))
                .distinct();
        return Stream.concat(open, mapped).toList();
    }

    private static Optional<String> open(ProcessTree.Descriptor descriptor, TcpConnections connections,
            DumpRequest request) {
        String target = descriptor.target();
        String where = " (process " + descriptor.pid() + ", descriptor " + descriptor.number() + ")";
        if (GpuDevices.isOne(target)) {
            return Optional.of("the GPU device " + target + " is open" + where + "; " + onGpu(request));
        }
        String connection = connections.of(target);
        if (connection != null && !request.closeTcp()) {
            return Optional.of("a TCP connection " + connection + " is open" + where
                    + "; close it before the checkpoint in an org.crac resource, or launch with --tcp close");
        }
        return switch (target) {
            case "anon_inode:[userfaultfd]" -> Optional.of("a userfaultfd is open" + where
                    + "; it must be closed before the checkpoint and opened again after it");
            case "anon_inode:[io_uring]" -> Optional.of("an io_uring is open" + where
                    + "; close it before the checkpoint in an org.crac resource (netty: use epoll or nio)");
            case "anon_inode:[perf_event]" -> Optional.of("a performance counter is open" + where
                    + "; end the profiler before the checkpoint");
            default -> Optional.empty();
        };
    }

    private static String onGpu(DumpRequest request) {
        return request.gpuReleased()
                ? "the NVIDIA driver has left it behind in its checkpoint: a library of the application may have opened"
                        + " it, or a newer driver may release it"
                : "the application must reach the GPU through the proxy, or release it in an org.crac resource";
    }
}
