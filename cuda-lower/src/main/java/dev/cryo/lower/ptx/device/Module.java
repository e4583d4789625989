package dev.cryo.lower.ptx.device;

import dev.cryo.lower.ptx.LoadedModule;
import dev.cryo.lower.ptx.PtxModule;

/** A loaded module: its code, and where its variables lie. */
record Module(long id, DeviceContext context, PtxModule text, LoadedModule code, long globalsAt) {
    /** The size of all its variables. */
    long globalsBytes() {
        return text.globalsBytes();
    }

    int constantBytes() {
        return Math.toIntExact(text.constantBytes());
    }
}
