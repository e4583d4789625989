package dev.cryo.proxy.host;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What an application has open or mapped that CRIU cannot save, told before the dump is begun. */
final class Obstacles {
    private static final List<String> GPU_DEVICES = List.of("/dev/nvidia", "/dev/dri/", "/dev/kfd");

    private Obstacles() {}

    /** One sentence for each obstacle, with what to do about it. */
    static List<String> in(ProcessTree tree, boolean closeTcp) throws IOException {
        List<ProcessTree.Descriptor> descriptors = tree.descriptors();
        TcpConnections connections = TcpConnections.of(tree.pids().getFirst());
        Stream<String> open = descriptors.stream()
                .map(descriptor -> open(descriptor, connections, closeTcp))
                .flatMap(Optional::stream);
        Stream<String> mapped = tree.mappings().stream()
                .filter(mapping -> isGpu(mapping.target()))
                .map(mapping -> "process " + mapping.pid() + " has the GPU device " + mapping.target()
                        + " mapped; " + onGpu())
                .distinct();
        return Stream.concat(open, mapped).toList();
    }

    private static Optional<String> open(ProcessTree.Descriptor descriptor, TcpConnections connections,
            boolean closeTcp) {
        String target = descriptor.target();
        String where = " (process " + descriptor.pid() + ", descriptor " + descriptor.number() + ")";
        if (isGpu(target)) {
            return Optional.of("the GPU device " + target + " is open" + where + "; " + onGpu());
        }
        String connection = connections.of(target);
        if (connection != null && !closeTcp) {
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

    private static boolean isGpu(String target) {
        return GPU_DEVICES.stream().anyMatch(target::startsWith);
    }

    private static String onGpu() {
        return "the application must reach the GPU through the proxy, or release it in an org.crac resource";
    }
}
