package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.Call.FunctionGet;

/** A kernel of a module. Its settings are those of the last call that set them. Thread-safe. */
public final class Function extends CudaObject {
    private final CudaModule module;
    private final FunctionGet.Result facts;
    private volatile int maxDynamicShared;
    private volatile int carveout = -1;
    private volatile LegacyLaunch legacyLaunch = LegacyLaunch.NONE;

    Function(long id, CudaModule module, FunctionGet.Result facts, int maxDynamicShared) {
        super(id);
        this.module = module;
        this.facts = facts;
        this.maxDynamicShared = maxDynamicShared;
    }

    @Override
    public Context context() {
        return module.context();
    }

    /** The module that it belongs to. */
    public CudaModule module() {
        return module;
    }

    /** What the lower half tells of it; the arrays must not be changed. */
    public FunctionGet.Result facts() {
        return facts;
    }

    /** The number of parameters. */
    public int parameters() {
        return facts.paramSizes().length;
    }

    int maxDynamicShared() {
        return maxDynamicShared;
    }

    void setMaxDynamicShared(int bytes) {
        maxDynamicShared = bytes;
    }

    int carveout() {
        return carveout;
    }

    void setCarveout(int percent) {
        carveout = percent;
    }

    /** What the launch functions without arguments will use. */
    public LegacyLaunch legacyLaunch() {
        return legacyLaunch;
    }

    /** Sets what the launch functions without arguments will use. */
    public void setLegacyLaunch(LegacyLaunch launch) {
        legacyLaunch = launch;
    }
}
