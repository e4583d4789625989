package dev.cryo.lower.nvidia;

/**
 * A loaded module.
 *
 * @param handle the driver's
 */
record GpuModule(long id, GpuContext context, long handle) {}
