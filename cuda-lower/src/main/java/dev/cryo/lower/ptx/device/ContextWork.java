package dev.cryo.lower.ptx.device;

import dev.cryo.streamlog.call.CudaResult;

/** An operation of a context: dropped once the context is faulted, and what it throws makes it so. */
abstract class ContextWork extends Work {
    private static final System.Logger LOG = System.getLogger("dev.cryo.device");

    final DeviceStream stream;

    ContextWork(Weight weight, DeviceStream stream) {
        super(weight);
        this.stream = stream;
    }

    /** Does the operation. */
    abstract void perform();

    /** Gives back what the operation holds, whether it was performed or dropped. */
    void release() {}

    @Override
    final void run() {
        try {
            if (!stream.context.isFaulted()) {
                perform();
            }
        } finally {
            release();
        }
    }

    @Override
    final void failed(Throwable cause) {
        if (cause instanceof DeviceFault fault) {
            stream.context.fault(fault.code(), words() + ": " + fault.getMessage());
        } else {
            LOG.log(System.Logger.Level.ERROR, "the device is at fault in " + words(), cause);
            stream.context.fault(CudaResult.UNKNOWN, words() + ": " + cause);
        }
    }
}
