package dev.cryo.lower.nvidia;

import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.streamlog.call.LowerHalf;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Makes captures, by the method that was asked for. */
final class Captures {
    private static final System.Logger LOG = System.getLogger("dev.cryo.device");

    private final CudaDriver driver;
    private final Current current;
    private final GpuMemory memory;
    private final Lanes lanes;
    private final CaptureMethod method;

    Captures(CudaDriver driver, Current current, GpuMemory memory, Lanes lanes, CaptureMethod method) {
        this.driver = driver;
        this.current = current;
        this.memory = memory;
        this.lanes = lanes;
        this.method = method;
    }

    /**
     * Captures what lives on devices; all work has ended.
     *
     * @throws IOException if there is no room, or a copy fails; nothing is left behind then
     */
    LowerHalf.Capture capture(int devices, LowerHalf.DeviceState state) throws IOException {
        List<GpuCapture.Part> parts = new ArrayList<>();
        try {
            for (int device = 0; device < devices; device++) {
                List<LowerHalf.Range> ranges = memory.ranges(device);
                if (!ranges.isEmpty()) {
                    parts.add(capture(device, new Packing(ranges)));
                }
            }
            return new GpuCapture(parts, state);
        } catch (IOException | RuntimeException e) {
            parts.forEach(GpuCapture.Part::close);
            throw e;
        }
    }

    private GpuCapture.Part capture(int device, Packing packing) throws IOException {
        return switch (method) {
            case DEVICE -> SpareCapture.of(driver, current, lanes, device, packing);
            case PINNED -> HostCapture.of(lanes, device, packing);
            case AUTO -> {
                GpuCapture.Part part;
                try {
                    part = SpareCapture.of(driver, current, lanes, device, packing);
                } catch (IOException e) {
                    LOG.log(System.Logger.Level.INFO, "device {0} is captured in host memory: {1}",
                            Integer.toString(device), e.getMessage());
                    part = HostCapture.of(lanes, device, packing);
                }
                yield part;
            }
        };
    }
}
