package dev.cryo.lower.contract;

import dev.cryo.lower.managed.UnifiedDevice;
import dev.cryo.lower.ptx.device.PtxDevice;

/** Makes PTX devices. */
public final class PtxBed implements TestBed {
    private final boolean defers;
    private final boolean bringsAll;

    /** Of devices that are restored as a whole. */
    public PtxBed() {
        this(false, true);
    }

    private PtxBed(boolean defers, boolean bringsAll) {
        this.defers = defers;
        this.bringsAll = bringsAll;
    }

    /** Of devices whose contents stay in the image at first. */
    public static PtxBed deferring() {
        return new PtxBed(true, true);
    }

    /** Of devices whose contents stay in the image until they are used. */
    public static PtxBed onlyWhenUsed() {
        return new PtxBed(true, false);
    }

    @Override
    public boolean defers() {
        return defers;
    }

    @Override
    public UnifiedDevice open(long memoryBytes) {
        return new PtxDevice(memoryBytes, bringsAll);
    }

    @Override
    public FaultReach faultReach() {
        return FaultReach.CONTEXT;
    }

    @Override
    public boolean loadsWhileKernelsRun() {
        return true;
    }

    @Override
    public void close() {
        // They leave nothing but memory behind, and their own tests look for that.
    }
}
