package dev.cryo.upper.agent;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.linux.Userfaultfd;
import dev.cryo.streamlog.ring.RingClient;
import dev.cryo.streamlog.ring.RingServer;
import dev.cryo.upper.fake.FakeDevice;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** The fake device at the other end of a ring. It registers no memory for page faults, so that all of it is plain. */
record RingRig(FakeDevice device, RingClient ring, RingServer server) implements AutoCloseable {
    static RingRig start() throws IOException {
        FakeDevice device = new FakeDevice();
        RingClient ring = RingClient.create(call -> {});
        long self = ProcessHandle.current().pid();
        return new RingRig(device, ring, RingServer.attach(self, ring.descriptor(), ring.bytes(), device));
    }

    /** Skips a test where page faults are not permitted. */
    static void assumeFaults() {
        Optional<String> whyNot = Userfaultfd.whyNot();
        Assumptions.assumeTrue(whyNot.isEmpty(), () -> whyNot.orElse(""));
    }

    /** The shadows that the device was given or has refused. */
    List<Call.ManagedOpen> shadows() {
        return device.calls().stream()
                .filter(Call.ManagedOpen.class::isInstance)
                .map(Call.ManagedOpen.class::cast)
                .toList();
    }

    @Override
    public void close() throws IOException {
        server.close();
        ring.close();
    }
}
