package dev.cryo.lower.ptx.device;

import dev.cryo.streamlog.call.CudaResult;

/** An operation that is done whether its context is faulted or not: a fence, an answer, a load, host code. */
final class Action extends Work {
    private static final System.Logger LOG = System.getLogger("dev.cryo.device");

    private final DeviceContext context;
    private final String words;
    private final Runnable body;

    Action(Weight weight, DeviceContext context, String words, Runnable body) {
        super(weight);
        this.context = context;
        this.words = words;
        this.body = body;
    }

    @Override
    void run() {
        body.run();
    }

    @Override
    void failed(Throwable cause) {
        if (cause instanceof DeviceFault fault) {
            context.fault(fault.code(), words + ": " + fault.getMessage());
        } else {
            LOG.log(System.Logger.Level.ERROR, "the device is at fault in " + words, cause);
            context.fault(CudaResult.UNKNOWN, words + ": " + cause);
        }
    }

    @Override
    String words() {
        return words;
    }
}
