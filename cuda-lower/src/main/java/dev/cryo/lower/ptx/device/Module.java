package dev.cryo.lower.ptx.device;

import dev.cryo.lower.ptx.GlobalInfo;
import dev.cryo.lower.ptx.LoadedModule;
import dev.cryo.lower.ptx.PtxModule;

/**
 * A loaded module: its code, and where its variables lie.
 *
 * @param managedAt where managed ones do, in memory that is not the module's to end
 */
record Module(long id, DeviceContext context, PtxModule text, LoadedModule code, long globalsAt, long managedAt) {
    /** The size of all its variables. */
    long globalsBytes() {
        return text.globalsBytes();
    }

    /** Where a variable lies. */
    long address(GlobalInfo variable) {
        return (variable.managed() ? managedAt : globalsAt) + variable.offset();
    }

    int constantBytes() {
        return Math.toIntExact(text.constantBytes());
    }
}
