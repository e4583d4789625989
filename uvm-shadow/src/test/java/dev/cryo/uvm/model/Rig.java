package dev.cryo.uvm.model;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.cryo.streamlog.linux.VirtualMemory;
import dev.cryo.uvm.Policy;
import dev.cryo.uvm.Span;
import dev.cryo.uvm.application.ShadowMemory;
import dev.cryo.uvm.device.Access;
import dev.cryo.uvm.device.ManagedMemory;
import dev.cryo.uvm.device.Reach;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Shadow memory in this JVM, served by a model device in a child JVM. */
public final class Rig implements AutoCloseable {
    /** Where the space begins. */
    public static final long BASE = 0x3_0000_0000_00L;

    private static final Span SPACE = new Span(BASE, 1L << 36);
    private static final MemorySegment EVERYTHING = VirtualMemory.everything();

    private final DeviceProcess device;
    private final ShadowMemory shadow;
    private final List<Span> regions = new ArrayList<>();

    private Rig(DeviceProcess device, ShadowMemory shadow) {
        this.device = device;
        this.shadow = shadow;
    }

    /** Starts a device and opens shadow memory. */
    public static Rig start(Policy policy) throws IOException {
        DeviceProcess device = DeviceProcess.start();
        ShadowMemory shadow = ShadowMemory.open(SPACE, policy);
        device.open(ProcessHandle.current().pid(), shadow.handover());
        return new Rig(device, shadow);
    }

    /** The device. */
    public DeviceProcess device() {
        return device;
    }

    /** The application's side. */
    public ShadowMemory shadow() {
        return shadow;
    }

    /** Maps a region of pages at a distance from the base, and adds it. */
    public synchronized Span region(long firstPage, long pages) throws IOException {
        Span region = new Span(BASE + firstPage * VirtualMemory.PAGE_BYTES, pages * VirtualMemory.PAGE_BYTES);
        shadow.map(region);
        device.add(region);
        regions.add(region);
        return region;
    }

    /** Frees a region. */
    public synchronized void free(Span region) throws IOException {
        regions.remove(region);
        shadow.unmap(region);
        device.drop(region);
    }

    /** Suspends both sides, and takes everything up again as after a host dump. */
    public synchronized void suspendAndResume(Runnable meanwhile) throws IOException {
        boolean eager = shadow.handover().faults() < 0;
        device.suspendAndClose();
        shadow.suspend();
        meanwhile.run();
        shadow.resume(eager);
        device.open(ProcessHandle.current().pid(), shadow.handover());
        for (Span region : regions) {
            device.add(region, ManagedMemory.Origin.APPLICATION);
        }
    }

    /** The application's long at an address. */
    public static long get(long address) {
        return EVERYTHING.get(JAVA_LONG, address);
    }

    /** Sets the application's long at an address. */
    public static void set(long address, long value) {
        EVERYTHING.set(JAVA_LONG, address, value);
    }

    /** Launches a kernel that may touch everything, on stream 1, and waits for it. */
    public void run(Step... steps) {
        device.launch(new Access(1, Reach.ALL, Reach.ALL), List.of(steps), 0);
        device.sync(1);
    }

    @Override
    public void close() throws Exception {
        try (device) {
            shadow.close();
            device.closeMemory();
        }
    }
}
